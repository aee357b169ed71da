import { type AuditRecord, type Instant, type KeyId, type RotationEnd, storedBy } from '../../contract/index.ts';
import { madeInstants } from './ledger.ts';

/** When a credential was last rotated, and since when the value that it has had from then on exists. */
export interface LastRotated {
  at: Instant;
  madeAt: Instant;
}

/** Only an end `rotated` counts. @returns undefined where the audit has none. */
export function lastRotated(records: readonly AuditRecord[]): LastRotated | undefined {
  const end = records.map(endOf).findLast((each) => each?.outcome === 'rotated');
  return end && { at: end.endedAt, madeAt: madeAt(records, end.newKey) ?? end.startedAt };
}

/**
 * From when on a credential's age counts: from when the value in use was made, or where it was never rotated, from when Keyturn first had to
 * do with it: its adoption, or the first value that was stored.
 * @returns undefined where the audit knows none of these.
 */
export function agesFrom(records: readonly AuditRecord[]): Instant | undefined {
  return lastRotated(records)?.madeAt ?? records.find(isFirstKnown)?.entry.at;
}

function isFirstKnown({ entry: { kind, outcome, rotation, verb } }: AuditRecord): boolean {
  if (kind === 'result') return rotation.startsWith(storedBy) && outcome === 'done';
  return kind === 'decision' && verb === 'adopt';
}

/** How a rotation ended, where this is the record of it. */
export function endOf({ entry }: AuditRecord): RotationEnd | undefined {
  return entry.kind === 'close' ? (entry.detail?.end as RotationEnd | undefined) : undefined;
}

/** A value that nobody issues begins where it is first written. */
function madeAt(records: readonly AuditRecord[], key: KeyId | undefined): Instant | undefined {
  if (key === undefined) return undefined;
  const written = () => records.find(({ entry }) => entry.verb === 'write' && entry.detail?.keyId === key);
  return madeInstants(records).get(key) ?? written()?.entry.at;
}

/** `due`: within the last tenth of the greatest age. */
export type Due = 'ok' | 'due' | 'overdue';

/**
 * A credential's age against the greatest one that it was promised.
 * @param ageMs undefined: nobody knows it, so that nothing shows that the promise is kept.
 */
export function dueOf(ageMs: number | undefined, maxAgeMs: number): Due {
  if (ageMs === undefined || ageMs > maxAgeMs) return 'overdue';
  return ageMs >= 0.9 * maxAgeMs ? 'due' : 'ok';
}
