/**
 * The one error class. Its kind is closed and decides what happens next: see {@link retryable}.
 *
 * `message` must be safe to print: it never holds a value, and it names the system or field and, where one is known,
 * the fix.
 */
export const errorKinds = [
  'transient',
  'rate-limited',
  'unauthorized',
  'not-found',
  'conflict',
  'invalid',
  'limit',
  'ambiguous',
] as const;

export type ErrorKind = (typeof errorKinds)[number];

export function isErrorKind(text: string | undefined | null): text is ErrorKind {
  return errorKinds.includes(text as ErrorKind);
}

export interface ErrorDetails {
  /** What to do about it, as a sentence for the operator. */
  fix?: string;
  /** The server's own wish, in milliseconds, before the next attempt (HTTP 429, Retry-After). */
  retryAfterMs?: number;
  cause?: unknown;
}

export class KeyturnError extends Error {
  override readonly name = 'KeyturnError';
  readonly kind: ErrorKind;
  readonly fix: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(kind: ErrorKind, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.kind = kind;
    this.fix = details.fix;
    this.retryAfterMs = details.retryAfterMs;
  }
}

/** Only these two kinds can get better by trying again; all others need a person or another plan. */
export function retryable(kind: ErrorKind): boolean {
  return kind === 'transient' || kind === 'rate-limited';
}
