import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
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

const grantsFile = new URL('grants.sql', import.meta.url);

/** The statements of grants.sql for these names, as psql fills them in. Comments are left out. */
export async function grantsFor(names: { admin: string; login: string }): Promise<string[]> {
  const text = (await readFile(grantsFile, 'utf8')).replace(/^--.*\n/gm, '');
  const filled = text.replace(/:"(\w+)"/g, (_, name: keyof typeof names) => escapeIdentifier(names[name]));
  return filled.split(';').flatMap((statement) => statement.trim() || []);
}

/**
 * Fresh roles, made by exactly the script that `keyturn check` prints, and an admin with exactly what grants.sql gives.
 * @param grants takes the place of the file's statements.
 */
export async function makeRoles(form: 'two logins' | 'in place', grants = grantsFor) {
  const { host, port } = inject('postgres');
  const prefix = `kt_${randomBytes(4).toString('hex')}`;
  const admin = { user: `${prefix}_admin`, password: randomBytes(12).toString('hex') };
  const places =
    form === 'in place' ? { login: prefix } : { logins: [`${prefix}_a`, `${prefix}_b`], owner: `${prefix}_owner` };
  const given = { type: 'postgres', host, port, admin: { env: 'ADMIN' }, ...places };
  const config = connector.schema.parse(given);
  const printed = `${prefix}_printed`;
  await asSuperuser(async (sql) => {
    // The script makes an admin too. It is another, which nobody uses.
    await sql.query(rolesScript(config, printed, { name: escapeIdentifier, text: escapeLiteral }));
    await sql.query(`create role ${escapeIdentifier(admin.user)} password ${escapeLiteral(admin.password)}`);
    for (const login of config.logins) {
      for (const statement of await grants({ admin: admin.user, login })) await sql.query(statement);
    }
  });
  const url = (password: string) => new Secret(`postgres://${admin.user}:${password}@elsewhere/other`);
  const secrets = { '{"env":"ADMIN"}': url(admin.password), '{"env":"WRONG"}': url(randomBytes(12).toString('hex')) };
  return { given, config, admin, printed, ctx: testContext({ secrets }), drop: () => dropRoles(prefix) };
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
