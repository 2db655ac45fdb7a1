// What can go wrong on the way to an answer, as data that can be stored and shown in either language.

export type Failure =
  | { kind: "offline" }
  | { kind: "network" }
  | { kind: "cut" }
  | { kind: "silent" }
  | { kind: "forbidden" }
  | { kind: "locked" }
  | { kind: "garbled" }
  | { kind: "forgotten" }
  | { kind: "busy"; retryAfter: number }
  | { kind: "hasty"; retryAfter: number }
  | { kind: "problem"; status: number; detail: string };

export class ApiError extends Error {
  constructor(
    readonly failure: Failure,
    options?: ErrorOptions,
  ) {
    super(failure.kind, options);
  }
}

/** Seconds to wait; the header holds seconds or a date. */
export function retryAfter(header: string | null, now: number = Date.now()): number {
  const seconds = /^\d+$/.test(header ?? "") ? Number(header) : (Date.parse(header ?? "") - now) / 1000;
  return Number.isFinite(seconds) ? Math.min(600, Math.max(1, Math.ceil(seconds))) : 5;
}

export function failureOf(error: unknown): Failure {
  if (error instanceof ApiError) return error.failure;
  return navigator.onLine === false ? { kind: "offline" } : { kind: "network" };
}
