import { openIntents } from '../../connectors/audit/ledger.ts';
import { verifyChain } from '../../connectors/audit/verify.ts';
import { loadAudit } from '../../connectors/load.ts';
import type { CredentialId, KeyRing, RotationEnd } from '../../contract/index.ts';

export interface AuditProof {
  verified: boolean;
  entries: number;
  problem?: string;
}

/** Reads the chain as anybody could and checks it whole: hashes, signatures, the heads that the rotations named, no effect left open. */
export async function proveAudit(
  file: string,
  credential: CredentialId,
  keys: KeyRing,
  ends: readonly RotationEnd[],
): Promise<AuditProof> {
  const connector = await loadAudit('sqlite');
  const sink = await connector.open(file);
  try {
    const records = await sink.read(credential);
    if (records.length === 0) return { verified: false, entries: 0, problem: 'the audit is empty' };
    for (const { audit } of ends) {
      if (!audit) return { verified: false, entries: records.length, problem: 'a rotation ended without a head' };
      const checked = await verifyChain(records, { head: audit, keys });
      if (!checked.ok) return { verified: false, entries: records.length, problem: checked.problem };
    }
    const open = openIntents(records).length;
    if (open > 0) return { verified: false, entries: records.length, problem: `${open} effects without a result` };
    return { verified: true, entries: records.length };
  } finally {
    await sink.close();
  }
}

/** What the application counted itself, in all. */
export interface Counted {
  queries: Record<string, number>;
  failed: number;
}

export async function countedBy(application: { port: number }): Promise<Counted> {
  const answer = await fetch(`http://127.0.0.1:${application.port}/traffic`);
  return (await answer.json()) as Counted;
}
