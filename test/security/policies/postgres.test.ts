import { afterEach, describe, expect, inject, test } from 'vitest';
import { giveLogin, grantsFor, makeRoles, useAsApplication } from '../../../connectors/providers/postgres/harness.ts';
import { connector } from '../../../connectors/providers/postgres/index.ts';
import { Secret } from '../../../contract/index.ts';
import { testContext } from '../../support/context.ts';
import { query } from '../../support/postgres-bench.ts';
import { failuresOf, type Operations, refused } from './refused.ts';

/** grants.sql suffices, and nothing in it can be left out. */

type Roles = Awaited<ReturnType<typeof makeRoles>>;

let roles: Roles | undefined;
afterEach(async () => {
  await roles?.drop();
  roles = undefined;
});

const nothing = 'nothing';
const all = ['inventory', 'apply', 'disable', 'enable', 'remove'];
const changes = ['apply', 'disable', 'enable', 'remove'];

/** By the words with which the statement ends or begins. */
const needs: Record<string, string[]> = {
  login: all,
  createrole: changes,
  'grant login': changes,
  'grant pg_signal_backend': ['remove'],
  // Nothing is refused without it: see the test below.
  'grant pg_read_all_stats': [],
  [nothing]: [],
};

const isNamed = (name: string, statement: string) =>
  name === 'grant login'
    ? statement.startsWith('grant "')
    : statement.endsWith(` ${name}`) || statement.startsWith(`${name} `);

const without = (name: string) => async (names: { admin: string; login: string }) =>
  (await grantsFor(names)).filter((statement) => !isNamed(name, statement));

test('each statement of grants.sql is in the table above', async () => {
  const names = Object.keys(needs).filter((name) => name !== nothing);
  const statements = await grantsFor({ admin: 'keyturn', login: 'orders_a' });
  expect(statements.map((statement) => names.find((name) => isNamed(name, statement)))).toEqual(names);
});

describe.each(['two logins', 'in place'] as const)('%s', (form) => {
  test.each(Object.entries(needs))('leaving out %s: refused is %j', async (name, expected) => {
    roles = await makeRoles(form, without(name));
    const operations = await operationsWith(roles);
    const names = expected.filter((each) => each in operations);
    expect(await failuresOf(operations, connector.classify)).toEqual(refused(...names));
  });
});

test('without pg_read_all_stats nobody sees from where a login is used', async () => {
  for (const [grants, address] of [
    [grantsFor, ' at 127.0.0.1'],
    [without('grant pg_read_all_stats'), ''],
  ] as const) {
    roles = await makeRoles('two logins', grants);
    const { stop } = await useAsApplication(await giveLogin(roles.config.logins[0] ?? ''));
    const [key] = await connector.open(roles.config).inventory(roles.ctx, []);
    expect(key?.lastUse).toMatchObject({ by: `orders${address}` });
    await stop();
    await roles.drop();
  }
});

test('it gives exactly what `keyturn check` prints', async () => {
  roles = await makeRoles('two logins');
  const rights = async (role: string) => {
    const { rows } = await query(
      `select r.rolsuper, r.rolcreatedb, r.rolcreaterole, r.rolinherit, r.rolcanlogin, r.rolreplication, r.rolbypassrls,
              (select json_agg(json_build_array(m.roleid::regrole::text, m.admin_option, m.inherit_option, m.set_option)
                               order by m.roleid)
                 from pg_auth_members m where m.member = r.oid) as member_of
         from pg_roles r where r.rolname = $1`,
      [role],
    );
    return rows;
  };
  const mine = await rights(roles.admin.user);
  expect(mine).toMatchObject([{ rolcreaterole: true, rolsuper: false, member_of: { length: 4 } }]);
  expect(mine).toEqual(await rights(roles.printed));
});

/**
 * Each on what stands there then, which a superuser reads. A session stands when the key is removed: ending it needs a right of its
 * own.
 */
async function operationsWith({ config, ctx }: Roles): Promise<Operations> {
  const [first = '', second] = config.logins;
  const knownGood = await giveLogin(first);
  const provider = connector.open(config);
  const held = await provider.identify(ctx, knownGood);
  const mighty = testContext({ secrets: { '{"env":"ADMIN"}': new Secret(inject('postgres').adminUrl) } });
  const standing = async () => {
    const keys = await provider.inventory(mighty, [held]);
    return keys.find(({ id }) => id.startsWith(`${first}/`)) ?? expect.fail('it holds no key');
  };
  const chosen = await provider.choose?.(mighty, { held, keys: [await standing()] });
  if (!chosen) expect.fail('it cannot choose');
  const { stop } = await useAsApplication(knownGood);
  return {
    inventory: () => provider.inventory(ctx, [held]),
    apply: async () => provider.apply?.(ctx, chosen, second === undefined ? await standing() : undefined),
    ...(provider.disable && { disable: async () => provider.disable?.(ctx, await standing()) }),
    ...(provider.enable && { enable: async () => provider.enable?.(ctx, await standing()) }),
    remove: async () => provider.remove(ctx, await standing()).finally(() => stop().catch(() => {})),
  };
}
