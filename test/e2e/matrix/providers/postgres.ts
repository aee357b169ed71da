import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { inject } from 'vitest';
import { asSuperuser, giveLogin, makeRoles } from '../../../../connectors/providers/postgres/harness.ts';
import { type Fields, type Form, jsonForm, type ProviderKind, type ProviderSide, type Scene } from '../sides.ts';
import { grantedToOne, trustingOnePassword } from './postgres-tables.ts';

const common = { refusal: /^(28P01|28000)$/, oldKeyMeanwhile: 'refused' } as const;

/** Two alternating logins. The smoke test fails because the second lacks a grant that the first has of its own. */
export const postgres: ProviderKind = {
  ...common,
  name: 'postgres',
  soaks: true,
  failure: /^the smoke test '.*' fails for the login \S+_b: 42501 permission denied/,
  open: (scene) => open(scene, 'two logins'),
};

/** One login. The smoke test fails because a foreign table logs in as well, with the old password. */
export const postgresInPlace: ProviderKind = {
  ...common,
  name: 'postgres in place',
  soaks: false,
  failure: /^the smoke test '.*' fails for the login \S+: no rows$/,
  open: (scene) => open(scene, 'in place'),
};

async function open(scene: Scene, form: 'two logins' | 'in place'): Promise<ProviderSide> {
  const { drop, admin, config, given } = await makeRoles(form);
  scene.onEnd(drop);
  const adminRef = { env: `POSTGRES_${randomUUID().replaceAll('-', '')}` };
  scene.rotating.env[adminRef.env] = `postgres://${admin.user}:${admin.password}@elsewhere/other`;
  const [login = ''] = config.logins;
  const first = plain(await giveLogin(login));
  const prepare = form === 'two logins' ? grantedToOne : trustingOnePassword;
  const { sql, dropTables } = await prepare(config, first, scene.fails);
  scene.onEnd(dropTables);
  return {
    provider: { ...given, admin: adminRef },
    smokeTests: [{ sql, expect: 'rows' }],
    first,
    forms: [url, form === 'two logins' ? jsonForm({ password: 'pw', user: 'login' }) : passwordOf(login)],
    use,
    keys: () => keysOf(config.logins),
    nameOf: ({ user }) => `${user} login`,
  };
}

function plain(value: Awaited<ReturnType<typeof giveLogin>>): Fields {
  return Object.fromEntries(Object.entries(value).map(([field, secret]) => [field, secret.reveal()]));
}

const url: Form = {
  shape: 'url',
  write: ({ user, password }) => {
    const { host, port } = inject('postgres');
    return `postgres://${user}:${password}@${host}:${port}/postgres?application_name=orders`;
  },
  read: (document) => {
    const { password, username } = new URL(document);
    return { user: decodeURIComponent(username), password: decodeURIComponent(password) };
  },
};

const passwordOf = (user: string): Form => ({
  shape: 'raw',
  write: ({ password = '' }) => password,
  read: (password) => ({ user, password }),
});

async function use(key: Fields): Promise<string> {
  const client = new Client({ connectionString: url.write(key) });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('select 1');
    return 'accepted';
  } catch (error) {
    return String((error as { code?: string }).code);
  } finally {
    await client.end();
  }
}

/** A login that may log in, or that has a password, holds a key. */
async function keysOf(logins: readonly string[]): Promise<string[]> {
  const { rows } = await asSuperuser((sql) =>
    sql.query<{ key: string }>(
      `select rolname || case when rolcanlogin then ' login' else ' nologin' end as key
         from pg_authid where rolname = any ($1) and (rolcanlogin or rolpassword is not null)`,
      [logins],
    ),
  );
  return rows.map(({ key }) => key);
}
