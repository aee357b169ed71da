import type { AuditEntry, AuditRecord, Instant, KeyId, RotationId } from '../../contract/index.ts';

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

/** When the making of each such key was begun. */
export function madeInstants(records: readonly AuditRecord[]): Map<KeyId, Instant> {
  const begun = new Map<string, Instant>();
  const made = new Map<KeyId, Instant>();
  for (const { entry } of records) {
    if (entry.kind === 'intent' && !begun.has(entry.effect)) begun.set(entry.effect, entry.at);
    const at = begun.get(entry.effect);
    if (makes(entry) && entry.subject !== undefined && at !== undefined) made.set(entry.subject, at);
  }
  return made;
}

function makes({ kind, verb, outcome }: AuditEntry): boolean {
  return kind === 'result' && outcome === 'done' && (verb === 'mint' || verb === 'apply');
}
