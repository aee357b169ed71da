import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuditCase, Harness } from '../../../test/conformance/harness.ts';
import { connector } from './index.ts';

export const harness: Harness<AuditCase> = {
  cases: [
    {
      name: 'in a file of its own',
      async setUp() {
        const folder = mkdtempSync(join(tmpdir(), 'keyturn-audit-'));
        const file = join(folder, 'audit.db');
        const opened = [await connector.open(file)];
        const [sink] = opened as [(typeof opened)[number]];
        return {
          sink,
          async reopen() {
            const again = await connector.open(file);
            opened.push(again);
            return again;
          },
          async tearDown() {
            for (const each of opened) await each.close();
            rmSync(folder, { recursive: true, force: true });
          },
        };
      },
    },
  ],
};
