import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readFileVault } from '../../../../connectors/vaults/file/index.ts';
import { storeFirst } from '../../../support/rotating.ts';
import type { VaultKind } from '../sides.ts';

/** Read as applications do: by the reader that the vault offers them. */
export const file: VaultKind = {
  name: 'file',
  async open({ ctx, home }, document) {
    const secret = `app/${randomUUID()}`;
    const located = { vault: 'file', secret };
    await storeFirst(ctx, { name: 'first', value: 'raw', ...located }, document);
    const readVersion = async (id: string) => (await readFileVault({ home, secret, which: { id } })).value;
    return {
      located,
      read: async () => (await readFileVault({ home, secret })).value,
      readVersion,
      async readable() {
        const { versions } = JSON.parse(await readFile(join(home, 'vault', `${secret}.vault.json`), 'utf8'));
        return Promise.all(versions.map(({ id }: { id: string }) => readVersion(id)));
      },
    };
  },
};
