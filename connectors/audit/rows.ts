import { type AuditEntry, type AuditRecord, KeyturnError } from '../../contract/index.ts';

/** A record as a table holds it, beside the credential; the entry as the database gives it. */
export interface Row<Entry> {
  seq: number;
  prev: string;
  hash: string;
  entry: Entry;
  signature: string | null;
}

export const columns = 'seq, prev, hash, entry, signature';

export function recordOf({ entry, hash, prev, seq, signature }: Row<AuditEntry>): AuditRecord {
  return { seq, prev, hash, entry, ...(signature === null ? {} : { signature }) };
}

/** The credential, then as the columns stand. */
export function valuesOf({ entry, hash, prev, seq, signature }: AuditRecord) {
  return [entry.credential, seq, prev, hash, JSON.stringify(entry), signature ?? null];
}

/** @throws KeyturnError `invalid` for a record that does not come next in a chain of this length. */
export function requireNext({ seq }: AuditRecord, expectedSeq: number): void {
  if (seq === expectedSeq + 1) return;
  throw new KeyturnError('invalid', `the audit record ${seq} cannot follow record ${expectedSeq}`);
}
