import { expect, test } from 'vitest';
import { loadAudit } from '../../connectors/load.ts';
import { audit as world } from '../world/harness.ts';
import { testAudit } from './audit.suite.ts';
import type { AuditCase } from './harness.ts';
import { harnessesOf } from './harnesses.ts';

for (const { name, harness } of await harnessesOf<AuditCase>('audit')) {
  const connector = await loadAudit(name);
  test(`audit ${name} carries its folder’s name`, () => expect(connector).toMatchObject({ kind: 'audit', name }));
  await testAudit(name, harness);
}
await testAudit('world', world);
