/** A value in localStorage as React state: every component that uses the key sees the same, in every tab. */
"use client";

import { useCallback, useMemo, useSyncExternalStore } from "react";

const CHANGED = "f1:stored";

export function readStored(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

export function writeStored(key: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    return;
  }
  dispatchEvent(new CustomEvent(CHANGED, { detail: key }));
}

function subscribe(listener: () => void): () => void {
  addEventListener(CHANGED, listener);
  addEventListener("storage", listener);
  return () => {
    removeEventListener(CHANGED, listener);
    removeEventListener("storage", listener);
  };
}

/** `undefined` while the page is not yet hydrated, so that server and first client render agree. */
export function useStoredText(key: string): [string | null | undefined, (value: string | null) => void] {
  const value = useSyncExternalStore<string | null | undefined>(
    subscribe,
    () => readStored(key),
    () => undefined,
  );
  const set = useCallback((next: string | null) => writeStored(key, next), [key]);
  return [value, set];
}

/** JSON under the key; what cannot be read counts as `fallback`. */
export function useStored<T>(key: string, fallback: T): [T, (value: T) => void] {
  const [text, setText] = useStoredText(key);
  const value = useMemo(() => parse(text, fallback), [text, fallback]);
  const set = useCallback((next: T) => setText(JSON.stringify(next)), [setText]);
  return [value, set];
}

function parse<T>(text: string | null | undefined, fallback: T): T {
  if (text === null || text === undefined) return fallback;
  try {
    return JSON.parse(text) as T;
  } catch {
    return fallback;
  }
}
