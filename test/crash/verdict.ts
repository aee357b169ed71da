import { verifyChain } from '../../connectors/audit/verify.ts';
import type { AuditSink, KeyRing, RotationEnd } from '../../contract/index.ts';
import type { Lane } from './lane.ts';

/** What has to hold when a rotation has ended. @param before what the targets served when it began. @returns what does not. */
export async function violationsAfter(
  lane: Lane,
  end: RotationEnd,
  before: readonly string[],
  audit: { keys: KeyRing; sink: AuditSink },
): Promise<string[]> {
  const problems = [...(await wrongEnd(lane, end, before)), ...(await wrongAudit(end, audit))];
  return problems.map((problem) => `${end.rotation} (${end.outcome}): ${problem}`);
}

async function wrongEnd(lane: Lane, end: RotationEnd, before: readonly string[]): Promise<string[]> {
  const { issuer, places } = lane;
  const problems: string[] = [];
  if (!['rotated', 'restored', 'unchanged'].includes(end.outcome)) problems.push('not a known end');
  const served = await Promise.all(places.map(async (place) => (await place.current()).document));
  const [old = ''] = before;
  for (const [index, document] of served.entries()) {
    const isOld = document === before[index];
    if (end.outcome === 'rotated' ? isOld : !isOld)
      problems.push(`target-${index + 1} serves the ${isOld ? 'old' : 'new'} value`);
    if (!(await issuer.accepts(document))) problems.push(`target-${index + 1} serves what is refused`);
    const others = (await places[index]?.readable())?.filter((readable) => readable !== document) ?? [];
    if (others.length > 0) problems.push(`in target-${index + 1} other values can still be read`);
    if (lane.held.get(`target-${index + 1}`) !== document) problems.push(`the consumer uses another value`);
  }
  if (end.outcome === 'rotated' && (await issuer.accepts(old))) problems.push('the old key is still accepted');
  const named = new Set(served.map((document) => issuer.nameOf(document)));
  const orphans = (await issuer.keys()).filter((key) => !named.has(key));
  if (orphans.length > 0) problems.push(`no target names ${orphans.join(', ')}`);
  return problems;
}

async function wrongAudit(end: RotationEnd, { keys, sink }: { keys: KeyRing; sink: AuditSink }): Promise<string[]> {
  const records = await sink.read(end.credential);
  const found = await verifyChain(records, { keys, ...(end.audit ? { head: end.audit } : {}) });
  if (!found.ok) return [`the audit at ${found.seq}: ${found.problem}`];
  const problems = found.open.map((record) => `no result of ${record.entry.effect}`);
  if (!end.audit) problems.push('its end has no place in the audit');
  const closes = records.filter(({ entry }) => entry.kind === 'close' && entry.rotation === end.rotation);
  if (closes.length !== 1) problems.push(`${closes.length} entries close it`);
  return problems;
}
