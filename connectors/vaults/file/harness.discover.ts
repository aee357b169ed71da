import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secret } from '../../../contract/index.ts';
import type { DiscoveryHarness } from '../../../test/conformance/harness.ts';
import { testContext } from '../../../test/support/context.ts';
import { keyRingFile, openKeyRing } from '../../keyrings/file/index.ts';
import { locationOf, pageSize } from './discover.ts';
import { connector } from './index.ts';

export const discovery: DiscoveryHarness = {
  connector: connector as DiscoveryHarness['connector'],
  async setUp() {
    const home = mkdtempSync(join(tmpdir(), 'keyturn-file-vault-'));
    const ctx = testContext({ home, keys: await openKeyRing(keyRingFile(home), { create: true }) });
    const secrets = Array.from({ length: pageSize + 1 }, (_, index) => `orders/${index % 3}/db-${index}`);
    const value = 'kt-discovered-value';
    for (const secret of secrets) {
      const vault = connector.open(connector.schema.parse({ vault: 'file', secret }));
      await vault.write(ctx, new Secret(value), 'absent');
    }
    writeFileSync(join(home, 'vault', 'orders', 'notes.txt'), 'none of the vault');
    return {
      declared: { vault: 'file', secret: 'any' },
      ctx,
      made: secrets.map((secret) => locationOf({ path: 'vault', secret })),
      values: [value],
      tearDown: async () => rmSync(home, { recursive: true }),
    };
  },
};
