import { act, renderHook } from "@testing-library/react";
import { expect, test } from "vitest";
import { useUrlList, useUrlState } from "@/state/url";

test("what is set stands in the address, and a fallback leaves it clean", () => {
  const { result } = renderHook(() => useUrlState("driver", "LEC"));
  expect(result.current[0]).toBe("LEC");
  act(() => result.current[1]("VER"));
  expect(location.search).toBe("?driver=VER");
  expect(result.current[0]).toBe("VER");
  act(() => result.current[1]("LEC"));
  expect(location.search).toBe("");
});

test("Back undoes a step that was pushed", async () => {
  const { result } = renderHook(() => useUrlState("lap"));
  act(() => result.current[1]("12", true));
  await act(async () => {
    history.back();
    await new Promise((done) => addEventListener("popstate", done, { once: true }));
  });
  expect(result.current[0]).toBe("");
});

test("a list keeps its order in one parameter", () => {
  const { result } = renderHook(() => useUrlList("compare"));
  expect(result.current[0]).toEqual([]);
  act(() => result.current[1](["VER", "LEC"]));
  expect(location.search).toBe("?compare=VER%7ELEC");
  expect(result.current[0]).toEqual(["VER", "LEC"]);
});
