/** The frame around every page: navigation, light and dark, and the gate that asks who is there. */
"use client";

import Link from "next/link";
import { usePathname, useRouter } from "next/navigation";
import { type MouseEvent, type ReactNode, useState, useSyncExternalStore } from "react";
import { pagesAnswer } from "@/api/config";
import { forget } from "@/api/credential";
import { Gate, useCredential } from "./Gate";
import { PAGES } from "./pages";
import { currentTheme, setTheme, type Theme } from "./theme";

export function Shell({ children }: { children: ReactNode }) {
  return (
    <div className="flex min-h-dvh flex-col">
      <a href="#main" className="control absolute -top-12 left-2 z-50 focus:top-2">
        Skip to the page
      </a>
      <header className="flex flex-wrap items-center gap-x-5 border-b border-line bg-panel px-3">
        <Link
          href="/"
          className="wide flex items-center gap-2 py-1.5 font-bold"
          aria-label="F1 race strategy, live page"
        >
          <Mark />
          <span className="hidden sm:inline">Race strategy</span>
        </Link>
        <Navigation />
        <div className="ml-auto flex items-center gap-1 py-1">
          <ThemeButton />
          <SignOut />
        </div>
      </header>
      <main id="main" className="flex min-w-0 flex-1 flex-col">
        <Gate>{children}</Gate>
      </main>
    </div>
  );
}

function Navigation() {
  const here = usePathname();
  const router = useRouter();
  const [kept, setKept] = useState(false);

  /** A page that cannot be loaded would leave the browser's own error in place of all that is shown here. */
  async function go(event: MouseEvent, href: string) {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const there = await pagesAnswer();
    setKept(!there);
    if (there) router.push(href);
  }

  return (
    <nav
      aria-label="Pages"
      className="order-last -mx-3 w-full overflow-x-auto px-3 sm:order-none sm:m-0 sm:w-auto sm:p-0"
    >
      <ul className="flex">
        {PAGES.map(({ href, label }) => {
          const current = href === "/" ? here === "/" : here.startsWith(href.replace(/\/$/, ""));
          return (
            <li key={href}>
              <Link
                href={href}
                prefetch={false}
                onClick={(event) => void go(event, href)}
                aria-current={current ? "page" : undefined}
                className="block border-b-2 border-transparent px-3 py-2 whitespace-nowrap text-dim hover:text-text aria-[current=page]:border-accent aria-[current=page]:font-semibold aria-[current=page]:text-text"
              >
                {label}
              </Link>
            </li>
          );
        })}
      </ul>
      {kept && (
        <p role="alert" className="px-3 pb-2 text-bad">
          No other page can be opened while the service does not answer. What is shown stays.
        </p>
      )}
    </nav>
  );
}

/** Three bars that close up: cars on a straight. */
function Mark() {
  return (
    <svg aria-hidden width="22" height="16" viewBox="0 0 22 16">
      <path d="M3 1h18l-2 4H1zM5 7h12l-2 4H3z" fill="var(--c-accent)" />
      <path d="M7 13h6l-1.2 2.4H5.8z" fill="var(--c-faint)" />
    </svg>
  );
}

function onTheme(listener: () => void): () => void {
  addEventListener("f1:theme", listener);
  return () => removeEventListener("f1:theme", listener);
}

/** The theme in force; charts on a canvas draw anew when it changes. */
export function useTheme(): Theme {
  return useSyncExternalStore(onTheme, currentTheme, () => "dark");
}

function ThemeButton() {
  const theme = useTheme();
  const other = theme === "dark" ? "light" : "dark";
  return (
    <button
      type="button"
      className="control border-transparent bg-transparent"
      aria-label={`Change to ${other} colors`}
      onClick={() => setTheme(other)}
    >
      <svg aria-hidden width="16" height="16" viewBox="0 0 16 16">
        <circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" strokeWidth="1.5" />
        <path d="M8 2a6 6 0 0 1 0 12z" fill="currentColor" />
      </svg>
    </button>
  );
}

function SignOut() {
  const credential = useCredential();
  if (!credential) return null;
  return (
    <button type="button" className="control border-transparent bg-transparent text-dim" onClick={() => forget()}>
      {credential.kind === "key" ? "Forget key" : "Sign out"}
    </button>
  );
}
