import { afterEach, expect, test, vi } from "vitest";
import { pagesAnswer } from "@/api/config";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

test.each([
  ["a good answer", async () => Response.json({}), true],
  ["a refusal", async () => new Response(null, { status: 503 }), false],
  ["no answer", () => Promise.reject(new TypeError("Failed to fetch")), false],
])("whether another page could be loaded is asked anew: %s", async (_, answer, there) => {
  const asked = vi.fn<typeof fetch>(answer);
  vi.stubGlobal("fetch", asked);
  expect(await pagesAnswer()).toBe(there);
  expect(asked.mock.calls[0]?.[1]).toMatchObject({ cache: "no-store" });
});

test("who hears nothing in time is told that no page could be loaded", async () => {
  vi.spyOn(AbortSignal, "timeout").mockImplementation(() => AbortSignal.abort());
  vi.stubGlobal("fetch", async (_: string, init: RequestInit) => {
    init.signal?.throwIfAborted();
    return Response.json({});
  });
  expect(await pagesAnswer()).toBe(false);
});
