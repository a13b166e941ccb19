/** Google's sign-in button. Its script comes from Google and is loaded only where a deployment names a client. */
"use client";

import { useEffect, useRef, useState } from "react";
import { explain } from "@/ui/states";
import { admitted } from "./Gate";

interface Identity {
  initialize(options: { client_id: string; callback: (answer: { credential: string }) => void }): void;
  renderButton(parent: HTMLElement, options: Record<string, string | number>): void;
}

declare global {
  interface Window {
    google?: { accounts: { id: Identity } };
  }
}

const SCRIPT = "https://accounts.google.com/gsi/client";

export function GoogleSignIn({ clientId }: { clientId: string }) {
  const place = useRef<HTMLDivElement>(null);
  const [problem, setProblem] = useState<string>();

  useEffect(() => {
    const script = document.createElement("script");
    script.src = SCRIPT;
    script.async = true;
    script.onerror = () => setProblem("Google's sign-in could not be loaded.");
    script.onload = () => {
      const identity = window.google?.accounts.id;
      if (!identity || !place.current) return;
      identity.initialize({
        client_id: clientId,
        callback: ({ credential }) => {
          setProblem(undefined);
          admitted({ kind: "token", value: credential }).catch((error: unknown) => setProblem(explain(error).what));
        },
      });
      identity.renderButton(place.current, { theme: "outline", size: "large", width: 280 });
    };
    document.head.append(script);
    return () => script.remove();
  }, [clientId]);

  return (
    <div className="grid gap-3">
      <h1 className="wide text-2xl font-semibold">Sign in</h1>
      <p className="text-dim">With a Google account that this deployment admits.</p>
      <div ref={place} className="min-h-11" />
      <p role="alert" className="min-h-5 text-bad">
        {problem}
      </p>
    </div>
  );
}
