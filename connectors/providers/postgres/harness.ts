import { randomBytes } from 'node:crypto';
import { Client, escapeIdentifier, escapeLiteral } from 'pg';
import { inject } from 'vitest';
import { type KeyValue, Secret } from '../../../contract/index.ts';
import type { Harness, ProviderCase, ProviderSetup } from '../../../test/conformance/harness.ts';
import { testContext } from '../../../test/support/context.ts';
import { freePort } from '../../../test/support/embedded-postgres.ts';
import type { Config } from './config.ts';
import { connector } from './index.ts';
import { rolesScript } from './script.ts';

export const harness: Harness<ProviderCase> = {
  cases: [
    { name: 'two logins', connector, setUp: () => setUp('two logins') },
    { name: 'one login in place', connector, setUp: () => setUp('in place') },
  ],
};

/** Fresh roles, made by exactly the script that `keyturn check` prints, and an admin with exactly its grants. */
export async function makeRoles(form: 'two logins' | 'in place') {
  const { host, port } = inject('postgres');
  const prefix = `kt_${randomBytes(4).toString('hex')}`;
  const admin = { user: `${prefix}_admin`, password: randomBytes(12).toString('hex') };
  const places =
    form === 'in place' ? { login: prefix } : { logins: [`${prefix}_a`, `${prefix}_b`], owner: `${prefix}_owner` };
  const given = { type: 'postgres', host, port, admin: { env: 'ADMIN' }, ...places };
  const config = connector.schema.parse(given);
  await asSuperuser(async (sql) => {
    await sql.query(rolesScript(config, admin.user, { name: escapeIdentifier, text: escapeLiteral }));
    await setPassword(sql, admin.user, admin.password);
  });
  const url = (password: string) => new Secret(`postgres://${admin.user}:${password}@elsewhere/other`);
  const secrets = { '{"env":"ADMIN"}': url(admin.password), '{"env":"WRONG"}': url(randomBytes(12).toString('hex')) };
  return { given, config, admin, ctx: testContext({ secrets }), drop: () => dropRoles(prefix) };
}

async function setUp(form: 'two logins' | 'in place'): Promise<ProviderSetup> {
  const { given, config, ctx, drop } = await makeRoles(form);
  const parse = (changes: object) => connector.schema.parse({ ...given, ...changes });
  const [first = '', second] = config.logins;
  const knownGood = await giveLogin(first);
  return {
    provider: connector.open(config),
    powers: connector.powers(config),
    ctx,
    knownGood,
    ...(second === undefined ? {} : { makeStranger: () => strangerAt(config, second) }),
    wrong: { user: new Secret(first), password: new Secret(randomBytes(18).toString('hex')) },
    useAsApplication: (value) => useAsApplication(value),
    unreachable: connector.open(parse({ port: await freePort() })),
    denied: connector.open(parse({ admin: { env: 'WRONG' } })),
    tearDown: drop,
  };
}

/** As an operator does it by hand: a password of their own, and no marker. */
export async function giveLogin(login: string, password = randomBytes(18).toString('hex')): Promise<KeyValue> {
  await asSuperuser((sql) => setPassword(sql, login, password));
  return { user: new Secret(login), password: new Secret(password) };
}

async function strangerAt(config: Config, login: string): Promise<string> {
  await giveLogin(login);
  return `${config.logins.find((each) => each === login)}/unmarked`;
}

async function setPassword(sql: Client, role: string, password: string): Promise<void> {
  await sql.query(`alter role ${escapeIdentifier(role)} login password ${escapeLiteral(password)}`);
}

/** An application that stays connected, as one with a pool does. */
export async function useAsApplication(value: KeyValue): Promise<{ sql: Client; stop(): Promise<void> }> {
  const { host, port } = inject('postgres');
  const login = { user: value.user?.reveal() ?? '', password: value.password?.reveal() ?? '' };
  const sql = new Client({ host, port, database: 'postgres', application_name: 'orders', ...login });
  sql.on('error', () => {});
  await sql.connect();
  await sql.query('select 1');
  return { sql, stop: () => sql.end() };
}

/**
 * One at a time on the whole server: grants on what all share, the database or the schema `public`, fail when two happen at once
 * ("tuple concurrently updated").
 */
export async function asSuperuser<Result>(work: (sql: Client) => Promise<Result>): Promise<Result> {
  const sql = new Client({ connectionString: inject('postgres').adminUrl });
  await sql.connect();
  const alone = sql.query('select pg_advisory_lock(1)');
  return alone.then(() => work(sql)).finally(() => sql.end());
}

/** With everything that the roles own, so that the next test finds an empty server. */
async function dropRoles(prefix: string): Promise<void> {
  await asSuperuser(async (sql) => {
    const like = `${prefix}%`;
    await sql.query('select pg_terminate_backend(pid, 1000) from pg_stat_activity where usename like $1', [like]);
    const { rows } = await sql.query<{ name: string }>('select rolname as name from pg_roles where rolname like $1', [
      like,
    ]);
    if (rows.length === 0) return;
    const names = rows.map(({ name }) => escapeIdentifier(name)).join(', ');
    await sql.query(`drop owned by ${names}; drop role ${names}`);
  });
}
