import { expect } from 'vitest';
import { verifyChain } from '../../../connectors/audit/verify.ts';
import type { RotationEnd } from '../../../contract/index.ts';
import type { Rotating } from '../../support/rotating.ts';

/** The chain is whole and signed, ends where the rotation says, and every intent has exactly one result, which nobody inferred. */
export async function expectWholeAudit({ keys, sink }: Rotating, end: RotationEnd): Promise<void> {
  const records = await sink.read(end.credential);
  const found = await verifyChain(records, { keys, ...(end.audit ? { head: end.audit } : {}) });
  expect(found).toMatchObject({ ok: true, head: end.audit, open: [], closes: [{ signature: 'verified' }] });
  const effects = (kind: string) => records.flatMap(({ entry }) => (entry.kind === kind ? [entry.effect] : []));
  expect(effects('result').sort()).toEqual([...new Set(effects('intent'))].sort());
  const results = records.map(({ entry }) => entry).filter(({ kind }) => kind === 'result');
  expect(results.filter(({ inferred, outcome }) => inferred || outcome !== 'done')).toEqual([]);
}
