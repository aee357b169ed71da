import type { ErrorKind, KeyturnError } from '../../contract/index.ts';

/** What can become of a call. Everything but the last two is told to the caller, or not told at all. */
export const faultKinds = [
  /** It is not carried out, and says so. */
  'fails',
  /** It is carried out, and the connection breaks. */
  'reply lost',
  /** It is carried out, and nothing is ever heard of it. */
  'hangs',
  /** It is carried out when the time of its attempt is over. */
  'late',
  /** HTTP 429, with the server's wish. */
  'throttled',
  /** The rights for it are gone. */
  'denied',
  /** It is carried out, and the answer makes no sense. */
  'garbage',
  /** Somebody else changes the same thing just before. */
  'stranger',
  /** The worker dies before it, or with it done. */
  'crash before',
  'crash after',
] as const;
export type FaultKind = (typeof faultKinds)[number];

/** What happens to the `nth` call of a name (from 0) and the `times - 1` calls of that name after it. */
export interface Fault {
  call: string;
  nth: number;
  times: number;
  kind: FaultKind;
  /** Of what `fails` or is `garbage`: this, in place of the usual. */
  says?: { kind: ErrorKind; message: string };
}

/** At the first call of a name. */
export function once(call: string, kind: FaultKind, more: Partial<Fault> = {}): Fault {
  return { call, nth: 0, times: 1, kind, ...more };
}

export function always(call: string, kind: FaultKind, more: Partial<Fault> = {}): Fault {
  return once(call, kind, { times: Number.POSITIVE_INFINITY, ...more });
}

/** What the network makes of one call. */
export interface Fate {
  delayMs: number;
  acts: boolean;
  reply: 'ok' | 'never' | KeyturnError | Error;
  before?: (() => void) | undefined;
  after?: (() => void) | undefined;
}
