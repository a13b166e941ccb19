import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { ApiError } from "@/api/errors";
import { Problem } from "@/ui/states";

test.each([
  [0, "Offline"],
  [401, "Not admitted"],
  [429, "Busy"],
  [503, "Starting up"],
])("status %i has a state of its own", (status, title) => {
  render(<Problem error={new ApiError(status, "code", "Why.", [], 3)} />);
  expect(screen.getByRole("alert").textContent).toContain(title);
});

test("a wrong value is shown with its field", () => {
  render(
    <Problem error={new ApiError(422, "invalid_request", "Out of range.", [{ path: "lap", problem: "given 60" }])} />,
  );
  expect(screen.getByText("lap").tagName).toBe("CODE");
});
