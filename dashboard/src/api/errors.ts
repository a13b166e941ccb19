/** What can go wrong between this page and the service, as one type that the shared states know how to show. */

export interface FieldProblem {
  path: string;
  problem: string;
}

export class ApiError extends Error {
  constructor(
    /** HTTP status; 0 where no answer came at all. */
    readonly status: number,
    readonly code: string,
    message: string,
    readonly fields: FieldProblem[] = [],
    /** Seconds after which to ask again, where the service said so. */
    readonly retryAfter: number | null = null,
  ) {
    super(message);
    this.name = "ApiError";
  }
}

export function offline(): ApiError {
  return new ApiError(0, "offline", "No answer came from the service.");
}

interface Envelope {
  error?: { code?: string; message?: string; fields?: FieldProblem[] };
}

/** The error in a response's envelope, or a plain one where something else answered. */
export function errorOf(response: Response, body: unknown): ApiError {
  const told = (body as Envelope | undefined)?.error;
  const seconds = Number(response.headers.get("Retry-After"));
  return new ApiError(
    response.status,
    told?.code ?? "unexpected",
    told?.message ?? `The service answered with status ${response.status}.`,
    told?.fields ?? [],
    Number.isFinite(seconds) && seconds > 0 ? seconds : null,
  );
}
