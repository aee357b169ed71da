import type { Instant, Progress, RotationEnd } from '../contract/index.ts';
import { type ExitCode, exitCodeOfEnd, exitCodes } from './exit-codes.ts';
import type { Watched } from './watch.ts';

/** What became of one credential of a compromise. */
export interface Dealt {
  credential: string;
  exitCode: ExitCode;
  /** Of the rotation that served the request: `rotated` where every key that was known to others is refused. */
  outcome: RotationEnd['outcome'] | null;
  state: Progress['state'] | null;
  oldKey: string | null;
  newKey: string | null;
  /** When the old key was seen refused, and how long after the command; null where nobody has seen it yet. */
  refusedAt: Instant | null;
  refusedAfterMs: number | null;
  /** Why it is not done. */
  reason: string | null;
}

export interface CompromiseReport {
  at: Instant;
  compromisedAt: Instant;
  by: string;
  reason: string;
  credentials: Dealt[];
  /** From the command until the last old key was refused; null while one is not. */
  lastRefusedAfterMs: number | null;
}

export function dealtWith(credential: string, at: Instant, watched: Watched): Dealt {
  const end = watched.because === 'ended' ? watched.end : undefined;
  const { progress } = watched;
  const refusedAt = (end?.outcome === 'rotated' && end.oldKeyRefused?.at) || null;
  return {
    credential,
    exitCode: end ? exitCodeOfEnd(end) : progress?.quarantine ? exitCodes.quarantined : exitCodes.waiting,
    outcome: end?.outcome ?? null,
    state: end ? 'ended' : (progress?.state ?? null),
    oldKey: end?.oldKey ?? progress?.oldKey ?? null,
    newKey: end?.newKey ?? progress?.newKey ?? null,
    refusedAt,
    refusedAfterMs: refusedAt === null ? null : Math.max(0, Date.parse(refusedAt) - Date.parse(at)),
    reason: end?.reason?.message ?? progress?.quarantine?.reason.message ?? null,
  };
}

/** Where the provider cannot tell, the end of the rotation is all that is known. */
export function lastRefusedAfterMs(all: readonly Dealt[]): number | null {
  const times = all.map(({ refusedAfterMs }) => refusedAfterMs);
  return times.every((ms) => ms !== null) ? Math.max(0, ...times) : null;
}
