import type { AuditEntry, AuditRecord, KeyId, RotationId } from '../../contract/index.ts';

/** The first intent of each effect that has no result: what may have happened, and nobody wrote down. */
export function openIntents(records: readonly AuditRecord[]): AuditRecord[] {
  const open = new Map<string, AuditRecord>();
  for (const record of records) {
    const { kind, effect } = record.entry;
    if (kind === 'intent' && !open.has(effect)) open.set(effect, record);
    if (kind === 'result') open.delete(effect);
  }
  return [...open.values()];
}

/** The keys that a `mint` or `apply` is known to have made, each with its rotation. */
export function madeKeys(records: readonly AuditRecord[]): Map<KeyId, RotationId> {
  const made = new Map<KeyId, RotationId>();
  for (const { entry } of records) {
    if (makes(entry) && entry.subject !== undefined) made.set(entry.subject, entry.rotation);
  }
  return made;
}

function makes({ kind, verb, outcome }: AuditEntry): boolean {
  return kind === 'result' && outcome === 'done' && (verb === 'mint' || verb === 'apply');
}
