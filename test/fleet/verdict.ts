import { join } from 'node:path';
import { STS } from '@aws-sdk/client-sts';
import { loadAudit } from '../../connectors/load.ts';
import type { AuditRecord } from '../../contract/index.ts';
import type { Place, Stand } from './stand.ts';

/** What was counted where the keys are, beside what the audit says. */
export interface Count {
  /** By the double: keys made and deleted since the fleet began. */
  minted: number;
  deleted: number;
  /** Of the audit: keys known to have been made, and removed, each once. */
  auditMinted: number;
  auditRemoved: number;
  /** Keys that a rotation made and did not keep. */
  extra: number;
  violations: string[];
}

export async function countAll(stand: Stand): Promise<Count> {
  const { done } = stand.road;
  const sink = await (await loadAudit('sqlite')).open(join(stand.env.KEYTURN_HOME ?? '', 'audit.db'));
  const violations: string[] = [];
  const made = new Set<string>();
  const removed = new Set<string>();
  for (const place of stand.places) {
    const records = await sink.read(place.id);
    for (const key of subjectsOf(records, 'mint')) made.add(key);
    for (const key of subjectsOf(records, 'remove')) removed.add(key);
    for (const problem of await wrongAt(stand, place, records)) violations.push(`${place.id}: ${problem}`);
  }
  await sink.close();
  const minted = done.get('CreateAccessKey') ?? 0;
  const deleted = done.get('DeleteAccessKey') ?? 0;
  const extra = minted - stand.places.length;
  if (minted !== deleted) violations.push(`${minted} keys were made and ${deleted} deleted`);
  if (removed.size !== deleted) violations.push(`the audit has ${removed.size} removed keys, the provider ${deleted}`);
  return { minted, deleted, auditMinted: made.size, auditRemoved: removed.size, extra, violations };
}

function subjectsOf(records: readonly AuditRecord[], verb: string): string[] {
  return records.flatMap(({ entry }) => {
    const isDone = entry.kind === 'result' && entry.verb === verb && entry.outcome === 'done';
    return isDone && entry.subject !== undefined ? [entry.subject] : [];
  });
}

async function wrongAt(
  { aws }: Stand,
  { before, secret, user }: Place,
  records: readonly AuditRecord[],
): Promise<string[]> {
  const { AccessKeyMetadata: keys = [] } = await aws.iam.listAccessKeys({ UserName: user });
  const { SecretString = '{}' } = await aws.secrets.getSecretValue({ SecretId: secret });
  const served = JSON.parse(SecretString) as { id: string; secret: string };
  const held = keys.map((key) => key.AccessKeyId);
  const closes = records.filter(({ entry }) => entry.kind === 'close');
  const problems: string[] = [];
  if (held.length !== 1 || held[0] !== served.id) problems.push(`serves ${served.id}, the provider has ${held}`);
  if (served.id === before) problems.push('serves the key that it had before');
  if (closes.length !== 1) problems.push(`${closes.length} rotations have ended`);
  if (!(await signs(aws, served))) problems.push('what it serves is refused');
  return problems;
}

async function signs({ endpoint, region }: Stand['aws'], { id, secret }: { id: string; secret: string }) {
  const sts = new STS({ endpoint, region, credentials: { accessKeyId: id, secretAccessKey: secret }, maxAttempts: 3 });
  try {
    await sts.getCallerIdentity({});
    return true;
  } catch {
    return false;
  } finally {
    sts.destroy();
  }
}
