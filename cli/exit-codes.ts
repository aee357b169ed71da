import { CatalogError } from '../catalog/problem.ts';
import type { ErrorKind, Member, RotationEnd } from '../contract/index.ts';
import { KeyturnError } from '../contract/index.ts';
import { grpcKind } from './grpc-errors.ts';

/** What the command line ends with, the same for every command. 69 is EX_UNAVAILABLE of sysexits.h. */
export const exitCodes = {
  ok: 0,
  unexpected: 1,
  usage: 2,
  unchanged: 3,
  restored: 4,
  quarantined: 5,
  waiting: 6,
  refused: 7,
  due: 8,
  changes: 9,
  unreachable: 69,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** For `--help` and docs/cli.md. */
export const exitCodeWords: Readonly<Record<keyof typeof exitCodes, string>> = {
  ok: 'rotated, in use everywhere, or done',
  unexpected: 'an unexpected error; a broken audit chain',
  usage: 'wrong usage or input: options, catalog, unknown credential',
  unchanged: 'the rotation ended unchanged: nothing was touched',
  restored: 'the rotation ended restored: the known-good is back',
  quarantined: 'the rotation stands open and needs a person',
  waiting: 'the rotation goes on; this command stopped watching',
  refused: 'it cannot be done as things stand',
  due: 'something is due or overdue (list --due, list --overdue)',
  changes: 'there is something to apply (plan --exit-code)',
  unreachable: 'Temporal, a worker, a vault or a provider cannot be reached',
};

export function exitCodeOfEnd({ outcome }: Pick<RotationEnd, 'outcome'>): ExitCode {
  return outcome === 'rotated' ? exitCodes.ok : exitCodes[outcome];
}

/** Of one credential of a fleet; what was not begun is as it was. */
export function exitCodeOfMember({ outcome, state }: Pick<Member, 'outcome' | 'state'>): ExitCode {
  if (outcome !== undefined) return exitCodeOfEnd({ outcome });
  const codes = { waiting: 'unchanged', quarantined: 'quarantined', lost: 'refused', rotating: 'waiting' } as const;
  return state === 'refreshed' || state === 'ended' ? exitCodes.ok : exitCodes[codes[state]];
}

const mildestFirst: readonly ExitCode[] = [
  exitCodes.ok,
  exitCodes.unchanged,
  exitCodes.restored,
  exitCodes.waiting,
  exitCodes.quarantined,
  exitCodes.refused,
  exitCodes.usage,
  exitCodes.unreachable,
];

/** What a command ends with that did one thing for several credentials. */
export function worstOf(codes: readonly ExitCode[]): ExitCode {
  return mildestFirst.findLast((code) => codes.includes(code)) ?? exitCodes.ok;
}

const ofKind: Readonly<Record<ErrorKind, ExitCode>> = {
  transient: exitCodes.unreachable,
  'rate-limited': exitCodes.unreachable,
  'not-found': exitCodes.usage,
  invalid: exitCodes.usage,
  unauthorized: exitCodes.refused,
  conflict: exitCodes.refused,
  limit: exitCodes.refused,
  ambiguous: exitCodes.refused,
};

export function exitCodeOfKind(kind: ErrorKind): ExitCode {
  return ofKind[kind];
}

export function exitCodeOfError(error: unknown): ExitCode {
  if (error instanceof CatalogError) return exitCodes.usage;
  if (error instanceof KeyturnError) return ofKind[error.kind];
  const kind = grpcKind(error);
  return kind === undefined ? exitCodes.unexpected : ofKind[kind];
}
