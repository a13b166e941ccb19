/** What a page shows is in its address, so that a link restores it: `useUrlState("driver", "")`. */
"use client";

import { useCallback, useSyncExternalStore } from "react";

const CHANGED = "f1:url";

function subscribe(listener: () => void): () => void {
  addEventListener("popstate", listener);
  addEventListener(CHANGED, listener);
  return () => {
    removeEventListener("popstate", listener);
    removeEventListener(CHANGED, listener);
  };
}

/** Set several parameters at once; null or an empty text removes one. `push` makes a step that Back undoes. */
export function setUrl(values: Record<string, string | null>, push = false): void {
  const url = new URL(location.href);
  for (const [key, value] of Object.entries(values)) {
    if (value === null || value === "") url.searchParams.delete(key);
    else url.searchParams.set(key, value);
  }
  if (url.href === location.href) return;
  if (push) history.pushState(history.state, "", url);
  else history.replaceState(history.state, "", url);
  dispatchEvent(new Event(CHANGED));
}

/** One parameter of the address as text; the fallback is not written there. */
export function useUrlState(key: string, fallback = ""): [string, (value: string | null, push?: boolean) => void] {
  const value = useSyncExternalStore(
    subscribe,
    () => new URLSearchParams(location.search).get(key) ?? fallback,
    () => fallback,
  );
  const set = useCallback(
    (next: string | null, push = false) => setUrl({ [key]: next === fallback ? null : next }, push),
    [key, fallback],
  );
  return [value, set];
}

/** A list in one parameter, parts joined by `~`. */
export function useUrlList(key: string): [string[], (value: string[], push?: boolean) => void] {
  const [text, setText] = useUrlState(key);
  const set = useCallback((next: string[], push = false) => setText(next.join("~") || null, push), [setText]);
  return [text === "" ? [] : text.split("~"), set];
}
