import { join } from 'node:path';
import { loadAudit } from '../../../connectors/load.ts';
import type { Finding } from '../../row.ts';
import type { Stand } from '../../stand.ts';

/** What invariant 7 writes for one rotation: an intent before each change, a result after it, what people asked for, and the end. */
export async function auditOf({ home }: Stand, credential: string): Promise<Finding[]> {
  const sink = await (await loadAudit('sqlite')).open(join(home, 'audit.db'));
  const records = await sink.read(credential);
  await sink.close();
  const kinds = Map.groupBy(records, ({ entry }) => entry.kind);
  const bytes = Buffer.byteLength(JSON.stringify(records));
  const comparedTo = `${(bytes / 1_024).toFixed(1)} KiB as JSON: ${[...kinds].map(([kind, each]) => `${each.length} ${kind}`).join(', ')}`;
  const what = 'invariant 7, every effect is audited: records of the audit';
  return [{ what, unit: 'records', median: records.length, runs: 1, comparedTo }];
}
