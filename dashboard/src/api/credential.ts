/**
 * Who asks: a key, typed in once and kept in this browser, or Google's identity token, kept for the tab's life only.
 * Neither is in the bundle.
 */

import { readStored, writeStored } from "@/state/stored";

const KEY = "f1.key";
const TOKEN = "f1.token";
const CHANGED = "f1:credential";

export type Credential = { kind: "key" | "token"; value: string };

let current: Credential | null | undefined;
let refused = false;

/** A local demonstration's link brings its key in the fragment, which no server sees; it does not stay there. */
function fromLink(): void {
  const key = new URLSearchParams(location.hash.slice(1)).get("key");
  if (!key) return;
  history.replaceState(history.state, "", location.pathname + location.search);
  writeStored(KEY, key);
}

function read(): Credential | null {
  fromLink();
  const key = readStored(KEY);
  if (key) return { kind: "key", value: key };
  try {
    const token = sessionStorage.getItem(TOKEN);
    return token && expiresAt(token) > Date.now() ? { kind: "token", value: token } : null;
  } catch {
    return null;
  }
}

export function credential(): Credential | null {
  if (current === undefined) current = read();
  return current;
}

/** Whether the service refused the last credential: the gate says so. */
export function wasRefused(): boolean {
  return refused;
}

export function remember(given: Credential): void {
  if (given.kind === "key") writeStored(KEY, given.value);
  else sessionStorage.setItem(TOKEN, given.value);
  change(given, false);
}

export function forget(because: "asked" | "refused" = "asked"): void {
  writeStored(KEY, null);
  sessionStorage.removeItem(TOKEN);
  change(null, because === "refused");
}

function change(given: Credential | null, refusal: boolean): void {
  current = given;
  refused = refusal;
  dispatchEvent(new Event(CHANGED));
}

export function onCredential(listener: () => void): () => void {
  addEventListener(CHANGED, listener);
  return () => removeEventListener(CHANGED, listener);
}

export function headersOf(given: Credential | null): Record<string, string> {
  if (given === null) return {};
  return given.kind === "key" ? { "X-API-Key": given.value } : { Authorization: `Bearer ${given.value}` };
}

/** Milliseconds since 1970 at which an identity token ends; 0 for what is none. */
export function expiresAt(token: string): number {
  try {
    const payload = token.split(".")[1] ?? "";
    const claims = JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/"))) as { exp?: number };
    return (claims.exp ?? 0) * 1000;
  } catch {
    return 0;
  }
}
