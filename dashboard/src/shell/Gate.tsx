/** Nothing is shown before the service knows who asks: a key entered once, or in the cloud Google's sign-in. */
"use client";

import { type FormEvent, type ReactNode, useEffect, useState, useSyncExternalStore } from "react";
import { callAs } from "@/api/client";
import { type Config, config } from "@/api/config";
import { type Credential, credential, onCredential, remember, wasRefused } from "@/api/credential";
import { ApiError } from "@/api/errors";
import { explain, Loading, Problem } from "@/ui/states";
import { GoogleSignIn } from "./GoogleSignIn";

/** Who asks; `undefined` until the browser has been looked into. */
export function useCredential(): Credential | null | undefined {
  return useSyncExternalStore<Credential | null | undefined>(onCredential, credential, () => undefined);
}

export function Gate({ children }: { children: ReactNode }) {
  const given = useCredential();
  const [settings, setSettings] = useState<Config>();
  const [problem, setProblem] = useState<unknown>();
  const [attempt, setAttempt] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt asks anew
  useEffect(() => {
    setProblem(undefined);
    config().then(setSettings, setProblem);
  }, [attempt]);
  if (given) return children;
  if (problem) return <Problem error={problem} retry={() => setAttempt(attempt + 1)} />;
  if (given === undefined || !settings) return <Loading label="Opening" rows={3} />;
  return (
    <div className="mx-auto grid w-full max-w-[30rem] flex-1 content-center gap-4 px-5 py-10">
      {settings.google_client_id ? <GoogleSignIn clientId={settings.google_client_id} /> : <KeyForm />}
      {wasRefused() && (
        <p role="alert" className="border-l-4 border-bad bg-bad-ground px-3 py-2">
          The service no longer admits what was entered here before.
        </p>
      )}
    </div>
  );
}

function KeyForm() {
  const [value, setValue] = useState("");
  const [asking, setAsking] = useState(false);
  const [problem, setProblem] = useState<string>();

  async function submit(event: FormEvent) {
    event.preventDefault();
    const key = value.trim();
    if (!key) return;
    setAsking(true);
    setProblem(undefined);
    try {
      await admitted({ kind: "key", value: key });
    } catch (error) {
      setProblem(
        error instanceof ApiError && error.status === 401 ? "The service does not know this key." : explain(error).what,
      );
    } finally {
      setAsking(false);
    }
  }

  return (
    <form onSubmit={submit} className="grid gap-3">
      <h1 className="wide text-2xl font-semibold">Enter the key</h1>
      <p className="text-dim">
        The first start of the service printed it and keeps it in <code>.state/api_keys</code>. It stays in this
        browser.
      </p>
      <label className="grid gap-1" htmlFor="key">
        <span className="label">API key</span>
        <input
          id="key"
          type="password"
          autoComplete="off"
          spellCheck={false}
          className="h-10 border border-strong bg-panel px-3 font-mono"
          value={value}
          aria-invalid={problem !== undefined}
          aria-describedby="key-problem"
          onChange={(event) => setValue(event.target.value)}
        />
      </label>
      <p id="key-problem" role="alert" className="min-h-5 text-bad">
        {problem}
      </p>
      <button
        type="submit"
        className="control h-10 justify-self-start border-accent bg-accent-ground"
        disabled={asking}
      >
        {asking ? "Asking the service" : "Open the dashboard"}
      </button>
    </form>
  );
}

/** Keep what the service admits; anything else leaves no trace. Throws ApiError. */
export async function admitted(given: Credential): Promise<void> {
  await callAs(given, new Request("http://service/model"));
  remember(given);
}
