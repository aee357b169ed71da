import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientFor } from '../../../connectors/vaults/gcp-secret-manager/client.ts';
import { configFor, googleContext, makeSecret } from '../../../connectors/vaults/gcp-secret-manager/harness.ts';
import { connector } from '../../../connectors/vaults/gcp-secret-manager/index.ts';
import type { Context, Vault } from '../../../contract/index.ts';
import { Secret } from '../../../contract/index.ts';
import { permissionsOf } from '../../support/google/roles.ts';
import { type Google, startGoogle } from '../../support/google/server.ts';
import { failuresOf, type Operations, refused } from './refused.ts';

/** The role files suffice, and nothing in them can be left out. */

let google: Google;
let ctx: Context;
beforeAll(async () => {
  google = await startGoogle();
  ctx = googleContext(google.address);
});
afterAll(() => google?.stop());

const nothing = 'nothing';
const secrets = (verb: string) => `secretmanager.secrets.${verb}`;
const versions = (verb: string) => `secretmanager.versions.${verb}`;

const needs: Record<'latest' | 'alias', Record<string, string[]>> = {
  latest: {
    [versions('access')]: ['read', 'read previous', 'write', 'moveCurrent', 'destroy'],
    [versions('add')]: ['write', 'moveCurrent'],
    [versions('destroy')]: ['destroy'],
    [versions('get')]: ['destroy'],
    [versions('list')]: ['read previous'],
    [nothing]: [],
  },
  alias: {
    [secrets('get')]: ['read', 'write', 'moveCurrent', 'destroy', 'warnings'],
    [secrets('update')]: ['write', 'moveCurrent', 'destroy'],
    [versions('access')]: ['read', 'read previous', 'write', 'moveCurrent'],
    [versions('add')]: ['write'],
    [versions('destroy')]: ['destroy'],
    [versions('get')]: ['read', 'write', 'moveCurrent', 'destroy'],
    [nothing]: [],
  },
};

describe.each(['latest', 'alias'] as const)('readers of %s', (readers) => {
  test('each permission of the role is in the table above', () => {
    const named = Object.keys(needs[readers]).filter((permission) => permission !== nothing);
    expect(permissionsOf(readers)).toEqual(named);
  });

  test.each(Object.entries(needs[readers]))('leaving out %s: refused is %j', async (permission, names) => {
    const operations = await operationsFor(readers);
    google.accounts.permit(
      readers,
      permissionsOf(readers).filter((each) => each !== permission),
    );
    expect(await failuresOf(operations, connector.classify)).toEqual(refused(...names));
  });
});

test('readers of latest: `keyturn check` says what it could not look at, and asks for no more', async () => {
  google.accounts.permit('latest', permissionsOf('latest'));
  const secret = await makeSecret(google.address, ctx);
  const vault = connector.open(configFor(google.address, secret, { as: 'latest', readers: 'latest' }));
  expect(await vault.warnings?.(ctx)).toEqual([expect.stringContaining('without secretmanager.secrets.get')]);
});

/** Each operation of the vault, on a secret of its own with three versions. Without an alias yet, as an adopted one. */
async function operationsFor(readers: 'latest' | 'alias'): Promise<Operations> {
  const fresh = () => threeVersions(readers);
  const [read, previous, write, move, destroy, warn] = [fresh(), fresh(), fresh(), fresh(), fresh(), fresh()];
  await Promise.all([read, previous, write, move, destroy, warn]);
  return {
    read: async () => (await read).read(ctx, 'current'),
    'read previous': async () => (await previous).read(ctx, 'previous'),
    write: async () => (await write).write(ctx, new Secret('four'), '3'),
    moveCurrent: async () => (await move).moveCurrent(ctx, '2', '3'),
    destroy: async () => (await destroy).destroy(ctx, '1'),
    warnings: async () => (await warn).warnings?.(ctx),
  };
}

async function threeVersions(readers: 'latest' | 'alias'): Promise<Vault> {
  const secret = await makeSecret(google.address, ctx);
  const owner = await clientFor(ctx, configFor(google.address, secret, { as: 'owner' }));
  for (const text of ['one', 'two', 'three']) {
    await owner.addSecretVersion({ parent: secret, payload: { data: Buffer.from(text) } });
  }
  return connector.open(configFor(google.address, secret, { as: readers, readers }));
}
