import { expect, test } from 'vitest';
import { guardVault } from '../../connectors/guard.ts';
import { connector as file } from '../../connectors/vaults/file/index.ts';
import { type Context, type Discovered, type Discovery, Secret, type VaultConnector } from '../../contract/index.ts';
import { guarded } from '../fuzz/support/guarded.ts';

const ref = { env: 'ADMIN' };
const found = (name: string): Discovered => {
  return { name, named: { anywhere: [name] }, lastUse: 'unknown', notes: [], declares: {} };
};

/** A vault that gives two pages and then fails, with its admin's password in the error. */
function opened() {
  const { ctx, guard } = guarded({ [JSON.stringify(ref)]: new Secret('admin-password') });
  const seen = { isClosed: false };
  async function* discover(given: Context): Discovery {
    try {
      const secret = await given.resolve(ref);
      yield [found('one')];
      yield [found('two')];
      throw new Error(`refused ${secret.reveal()}`);
    } finally {
      seen.isClosed = true;
    }
  }
  const config = file.schema.parse({ vault: 'file', secret: 'any' });
  const connector = {
    ...file,
    classify: () => 'unauthorized',
    open: () => Object.assign(file.open(config), { discover }),
  } as unknown as VaultConnector;
  const vault = guardVault(guard, connector, config, 'main');
  return { pages: vault.discover?.(ctx) ?? expect.fail('it does not discover'), seen };
}

test('the guard gives what is discovered page by page, and keeps values out of what is thrown', async () => {
  const { pages, seen } = opened();
  const names: string[] = [];
  const reading = async () => {
    for await (const page of pages) names.push(...page.map(({ name }) => name));
  };
  const message = 'target main (file): discover: refused [secret]';
  await expect(reading()).rejects.toMatchObject({ kind: 'unauthorized', message });
  expect({ names, seen }).toEqual({ names: ['one', 'two'], seen: { isClosed: true } });
});

test('whoever has seen enough ends the reading behind the guard, too', async () => {
  const { pages, seen } = opened();
  for await (const _page of pages) break;
  expect(seen.isClosed).toBe(true);
});
