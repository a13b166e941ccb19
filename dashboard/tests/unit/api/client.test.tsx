import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { get, retrySeconds } from "@/api/client";
import { credential, forget, remember, wasRefused } from "@/api/credential";
import { ApiError } from "@/api/errors";

const asked: { url: string; headers: Headers }[] = [];
let answer: () => Response = () => Response.json({});

beforeEach(() => {
  asked.length = 0;
  forget();
  vi.stubGlobal("fetch", async (url: string, init: RequestInit = {}) => {
    if (url.endsWith("/config.json")) return Response.json({ api: "https://api.example/" });
    asked.push({ url, headers: new Headers(init.headers) });
    return answer();
  });
});
afterEach(() => vi.unstubAllGlobals());

function refusal(status: number, code: string, headers: Record<string, string> = {}) {
  return Response.json({ error: { code, message: "No.", fields: [] } }, { status, headers });
}

test("a question goes to the service that config.json names, with the key that was entered", async () => {
  answer = () => Response.json({ race_id: "2023_01" });
  remember({ kind: "key", value: "k" });
  expect(await get("/live/{race_id}", { race_id: "2023_01" })).toEqual({ race_id: "2023_01" });
  expect(asked[0]?.url).toBe("https://api.example/live/2023_01");
  expect(asked[0]?.headers.get("X-API-Key")).toBe("k");
});

test("an identity token goes along as a bearer and is not kept past the tab", async () => {
  answer = () => Response.json({});
  remember({ kind: "token", value: "a.b.c" });
  await get("/model");
  expect(asked[0]?.headers.get("Authorization")).toBe("Bearer a.b.c");
  expect(localStorage.length).toBe(0);
});

test("a refused key is forgotten", async () => {
  answer = () => refusal(401, "unauthorized");
  remember({ kind: "key", value: "old" });
  await expect(get("/model")).rejects.toMatchObject({ status: 401, code: "unauthorized" });
  expect(credential()).toBeNull();
  expect(wasRefused()).toBe(true);
  expect(localStorage.getItem("f1.key")).toBeNull();
});

test("a busy service is asked again when it says, a wrong question never", async () => {
  answer = () => refusal(429, "too_many_requests", { "Retry-After": "7" });
  const busy = await get("/model").catch((error: unknown) => error);
  expect(retrySeconds(busy, 1)).toBe(7);
  expect(retrySeconds(new ApiError(422, "invalid_request", ""), 1)).toBeNull();
  expect(retrySeconds(new ApiError(503, "loading", ""), 9)).toBe(30);
});

test("no answer at all is told as offline", async () => {
  answer = () => {
    throw new TypeError("Failed to fetch");
  };
  await expect(get("/model")).rejects.toMatchObject({ status: 0, code: "offline" });
  answer = () => refusal(503, "loading");
  await expect(get("/model")).rejects.toMatchObject({ status: 503 });
});
