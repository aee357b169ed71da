import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Harness, VaultCase } from '../../../test/conformance/harness.ts';
import { testContext } from '../../../test/support/context.ts';
import { keyRingFile, openKeyRing } from '../../keyrings/file/index.ts';
import { connector } from './index.ts';

const secret = 'orders/db';

export const harness: Harness<VaultCase> = {
  cases: [
    {
      name: 'in a folder of its own',
      connector,
      async setUp() {
        const home = mkdtempSync(join(tmpdir(), 'keyturn-file-vault-'));
        const keys = await openKeyRing(keyRingFile(home), { create: true });
        const open = (path?: string) => connector.open(connector.schema.parse({ vault: 'file', secret, path }));
        return {
          vault: open(),
          again: open(),
          powers: connector.powers(connector.schema.parse({ vault: 'file', secret })),
          ctx: testContext({ home, keys }),
          ...deniedTo(home, open),
          tearDown: async () => rmSync(home, { recursive: true, force: true }),
        };
      },
    },
  ],
};

/** Nothing in the file system refuses root. */
function deniedTo(home: string, open: (path: string) => ReturnType<typeof connector.open>) {
  if (process.getuid?.() === 0) return {};
  const closed = mkdtempSync(join(home, 'closed-'));
  chmodSync(closed, 0o000);
  return { denied: open(join(closed, 'vault')) };
}
