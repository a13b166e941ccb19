/** Where the service is and how one signs in: `config.json` beside the pages, which a deployment writes. */

export interface Config {
  /** Origin of the service; empty where it serves these pages itself. */
  api: string;
  /** Client of Google sign-in; null where a key is asked for. */
  google_client_id: string | null;
  /** Whether the service may run beside a replay that can be steered: the embedded stack. */
  replay: boolean;
}

const FILE = "/dashboard/config.json";

let loading: Promise<Config> | undefined;

export function config(): Promise<Config> {
  loading ??= load();
  return loading;
}

async function load(): Promise<Config> {
  const response = await fetch(FILE, { cache: "no-cache" });
  if (!response.ok) throw new Error("config.json is missing beside the pages");
  const given = (await response.json()) as Partial<Config>;
  return {
    api: (given.api ?? "").replace(/\/$/, ""),
    google_client_id: given.google_client_id ?? null,
    replay: given.replay ?? false,
  };
}

/** Milliseconds that a person who wants another page waits before being told that there is none. */
const PATIENCE = 5000;

/** Whether another page could be loaded now from where this one came. */
export async function pagesAnswer(): Promise<boolean> {
  const response = await fetch(FILE, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) }).catch(() => null);
  return response?.ok ?? false;
}
