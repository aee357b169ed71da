import { madeInstants } from '../connectors/audit/ledger.ts';
import type { AuditRecord, Instant, KeyId, RotationEnd } from '../contract/index.ts';

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
 * @param ageMs undefined: never rotated, so that nothing shows that the promise is kept.
 */
export function dueOf(ageMs: number | undefined, maxAgeMs: number): Due {
  if (ageMs === undefined || ageMs > maxAgeMs) return 'overdue';
  return ageMs >= 0.9 * maxAgeMs ? 'due' : 'ok';
}
