/** Loading, empty, error and offline: every page shows these the same way, and says what to do. */

import type { ReactNode } from "react";
import { ApiError } from "@/api/errors";

/** Bars where content will stand, with what is being waited for. */
export function Loading({ label, rows = 6 }: { label: string; rows?: number }) {
  return (
    <div role="status" className="p-4" data-testid="loading">
      <p className="label mb-3">{label}</p>
      <div aria-hidden className="grid gap-2">
        {Array.from({ length: rows }, (_, row) => (
          <div
            // biome-ignore lint/suspicious/noArrayIndexKey: bars are all alike
            key={row}
            className="h-5 animate-pulse rounded-sm bg-raised"
            style={{ width: `${92 - ((row * 17) % 40)}%`, animationDelay: `${row * 90}ms` }}
          />
        ))}
      </div>
    </div>
  );
}

interface EmptyProps {
  title: string;
  /** It stands in a page that has its own heading, and not for the whole page. */
  part?: boolean;
  children?: ReactNode;
}

/** Nothing to show, why, and what would change that. */
export function Empty({ title, part = false, children }: EmptyProps) {
  const Heading = part ? "h2" : "h1";
  return (
    <section className="mx-auto max-w-[46rem] px-5 py-12">
      <Heading className="wide text-xl font-semibold">{title}</Heading>
      <div className="mt-2 grid gap-3 text-dim">{children}</div>
    </section>
  );
}

interface Told {
  title: string;
  what: string;
}

/** What an error means to whoever looks at the page. */
export function explain(error: unknown): Told {
  if (!(error instanceof ApiError)) return { title: "This page met an error", what: String(error) };
  const again = error.retryAfter === null ? "shortly" : `in ${error.retryAfter} s`;
  switch (error.status) {
    case 0:
      return { title: "Offline", what: "No answer comes from the service. It is asked again until one does." };
    case 401:
      return { title: "Not admitted", what: "The service refused the key or the sign-in. Enter it again." };
    case 404:
      return { title: "Not there", what: error.message };
    case 422:
      return { title: "The service cannot answer this", what: error.message };
    case 429:
      return { title: "Busy", what: `The service has as many questions as it can take. Asked again ${again}.` };
    case 503:
      return { title: "Starting up", what: `${error.message} Asked again ${again}.` };
    default:
      return { title: `Error ${error.status}`, what: error.message };
  }
}

/** An error in place of what it prevented. */
export function Problem({ error, retry }: { error: unknown; retry?: (() => void) | undefined }) {
  const { title, what } = explain(error);
  const fields = error instanceof ApiError ? error.fields : [];
  return (
    <section role="alert" className="m-4 border-l-4 border-bad bg-bad-ground px-4 py-3">
      <h2 className="font-semibold">{title}</h2>
      <p className="mt-1">{what}</p>
      {fields.length > 0 && (
        <ul className="mt-2 list-disc pl-5">
          {fields.map((field) => (
            <li key={`${field.path} ${field.problem}`}>
              <code>{field.path}</code>: {field.problem}
            </li>
          ))}
        </ul>
      )}
      {retry && (
        <button type="button" className="control mt-3" onClick={retry}>
          Ask again
        </button>
      )}
    </section>
  );
}

/** One line over content that is older than it should be. */
export function Notice({ kind, children }: { kind: "warn" | "bad"; children: ReactNode }) {
  const colors = kind === "bad" ? "border-bad bg-bad-ground" : "border-warn bg-warn-ground";
  return (
    <p role="status" className={`border-l-4 px-3 py-1.5 ${colors}`}>
      {children}
    </p>
  );
}
