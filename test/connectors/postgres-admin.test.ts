import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { escapeIdentifier, escapeLiteral } from 'pg';
import { generate } from 'selfsigned';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { asSuperuser, giveLogin, makeRoles } from '../../connectors/providers/postgres/harness.ts';
import { connector } from '../../connectors/providers/postgres/index.ts';
import { scramVerifier } from '../../connectors/providers/postgres/scram.ts';
import { rolesScript } from '../../connectors/providers/postgres/script.ts';
import { Secret } from '../../contract/index.ts';
import { testContext } from '../support/context.ts';
import { failure, query } from '../support/postgres-bench.ts';

type Roles = Awaited<ReturnType<typeof makeRoles>>;

describe('configuration', () => {
  const given = { type: 'postgres', host: 'db.internal', admin: { env: 'ADMIN' } };
  const parse = (changes: object) => connector.schema.parse({ ...given, ...changes });

  test('TLS is verified, except on this machine, unless the catalog says otherwise', () => {
    expect(parse({ login: 'a' }).tls).toBe('verify-full');
    for (const host of ['localhost', '127.0.0.1', '127.8.8.8', '::1']) {
      expect(parse({ login: 'a', host }).tls).toBe('disable');
      expect(parse({ login: 'a', host, tls: 'verify-full' }).tls).toBe('verify-full');
    }
    for (const host of ['127.0.0.1.example.com', 'localhost.example.com', '10.0.0.1']) {
      expect(parse({ login: 'a', host }).tls).toBe('verify-full');
    }
  });

  test.each([
    ['no login', {}],
    ['both forms', { login: 'a', logins: ['b', 'c'] }],
    ['one alternating login', { logins: ['a'] }],
    ['the same login twice', { logins: ['a', 'a'] }],
    ['an owner for one login', { login: 'a', owner: 'o' }],
    ['an owner that is a login', { logins: ['a', 'b'], owner: 'a' }],
    ['a reserved role', { login: 'pg_signal_backend' }],
    ['a name with a space', { login: 'a b' }],
    ['a password in the catalog', { login: 'a', admin: 'postgres://admin:secret@db' }],
  ])('refuses %s', (_what, changes) => {
    expect(connector.schema.safeParse({ ...given, ...changes }).success).toBe(false);
  });

  test('each login is a principal, in any order and any case of the host', () => {
    const principals = (changes: object) => new Set(connector.principals(parse(changes)));
    expect(principals({ logins: ['b', 'a'], host: 'DB.internal' })).toEqual(principals({ logins: ['a', 'b'] }));
    expect(principals({ logins: ['a', 'b'] }).isDisjointFrom(principals({ logins: ['a', 'b'], port: 5433 }))).toBe(
      true,
    );
    expect(principals({ logins: ['a', 'b'] }).isDisjointFrom(principals({ logins: ['a', 'c'] }))).toBe(false);
  });
});

describe('SCRAM', () => {
  test('the verifier of RFC 7677 section 3', async () => {
    const random = () => Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64');
    expect(await scramVerifier({ random }, new Secret('pencil'))).toBe(
      'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
    );
  });

  test.each(['pässwörd', 'I\u00adX', '\u2168', 'a\u00a0b', "it's\\$:", 'ا1'])(
    'the server takes %j as set by us',
    async (password) => {
      const roles = await makeRoles('in place');
      const provider = connector.open(roles.config);
      const user = new Secret(roles.config.logins[0] ?? '');
      const value = { user, password: new Secret(password) };
      const id = await provider.identify(roles.ctx, value);
      await provider.apply?.(roles.ctx, { key: { id, state: 'active' }, value }, undefined);
      expect(await provider.verify(roles.ctx, value)).toEqual({ verdict: 'accepted' });
      await roles.drop();
    },
  );
});

describe('the admin', () => {
  let roles: Roles;
  beforeEach(async () => {
    roles = await makeRoles('two logins');
  });
  afterEach(() => roles.drop());

  const withAdmin = (text: string) => testContext({ secrets: { '{"env":"ADMIN"}': new Secret(text) } });
  const inventory = (text: string) => connector.open(roles.config).inventory(withAdmin(text), []);

  test('is read from a URL with or without an address, percent-encoded', async () => {
    const { user, password } = roles.admin;
    const encoded = [...password].map((char) => `%${char.charCodeAt(0).toString(16)}`).join('');
    for (const text of [`${user}:${password}`, `postgresql://${user}:${encoded}@elsewhere:1/none?sslmode=disable\n`]) {
      expect(await inventory(text)).toEqual([]);
    }
  });

  test.each(['just-a-password', 'postgres://only-a-user@host/db', 'postgres://user:%zz@host'])(
    '%s is no URL',
    async (text) => {
      const failed = await failure(inventory(text));
      expect(failed).toMatchObject({
        kind: 'invalid',
        message: expect.stringContaining('the environment variable ADMIN'),
      });
      expect(`${failed.message} ${failed.fix}`).not.toContain(text);
    },
  );

  test('that is refused is named by its reference', async () => {
    const failed = await failure(inventory(`${roles.admin.user}:wrong-password`));
    expect(failed).toMatchObject({
      kind: 'unauthorized',
      message: expect.stringMatching(/environment variable ADMIN.*28P01/),
    });
    expect(failed.message).not.toContain('wrong-password');
  });

  test('without the grants is unauthorized, and told where to find them', async () => {
    const { ctx, config, admin } = roles;
    await query(`revoke ${config.logins.join(', ')} from ${admin.user}`);
    const provider = connector.open(config);
    const held = await provider.identify(ctx, await giveLogin(config.logins[0] ?? ''));
    const chosen = await provider.choose?.(ctx, { held, keys: [] });
    const failed = await failure(provider.apply?.(ctx, chosen ?? expect.fail('no key'), undefined));
    expect(failed).toMatchObject({ kind: 'unauthorized', fix: expect.stringContaining('keyturn check') });
  });

  test('is no superuser and cannot read the application’s data', async () => {
    const { rows } = await query(
      `select rolsuper, pg_has_role(rolname, '${roles.config.owner}', 'usage') as acts_as_owner,
              pg_has_role(rolname, '${roles.config.logins[0]}', 'usage') as acts_as_login
         from pg_roles where rolname = '${roles.admin.user}'`,
    );
    expect(rows).toEqual([{ rolsuper: false, acts_as_owner: false, acts_as_login: false }]);
  });
});

describe('prepare', () => {
  let roles: Roles;
  beforeEach(async () => {
    roles = await makeRoles('two logins');
  });
  afterEach(() => roles.drop());
  const prepared = () => connector.open(roles.config).prepare?.(roles.ctx) ?? expect.fail('it cannot prepare');

  test('finds nothing wrong with roles that its script made, which may run again', async () => {
    const { ready, problems, script } = await prepared();
    expect({ ready, problems }).toEqual({ ready: true, problems: [] });
    await query(script ?? '');
    expect(script).toBe(rolesScript(roles.config, roles.admin.user, { name: escapeIdentifier, text: escapeLiteral }));
    expect(script).not.toContain(roles.admin.password);
  });

  test('its script mends what it finds, except what is a person’s to decide', async () => {
    const { admin, config } = roles;
    const [a, b] = config.logins;
    await query(`alter role ${admin.user} nocreaterole; revoke ${a} from ${admin.user}; alter role ${b} reset role;
      revoke pg_signal_backend, pg_read_all_stats from ${admin.user}; revoke ${config.owner} from ${a};
      alter role ${b} valid until '2040-01-01 00:00:00Z'`);
    const { ready, problems, script } = await prepared();
    expect(ready).toBe(false);
    expect(problems).toEqual([
      expect.stringContaining('lacks CREATEROLE'),
      expect.stringContaining('lacks pg_signal_backend'),
      expect.stringContaining(`lacks the ADMIN option on ${a}`),
      `${a} is not a member of ${config.owner}`,
      expect.stringContaining('lacks pg_read_all_stats'),
      expect.stringContaining(`${b} is VALID UNTIL 2040-01-01T00:00:00.000Z`),
      expect.stringContaining(`what ${b} makes belongs to ${b} alone`),
    ]);
    await query(script ?? '');
    expect(await prepared()).toMatchObject({ ready: true, problems: [expect.stringContaining('VALID UNTIL')] });
  });

  test('prints what the README shows', async () => {
    const { given } = roles;
    const shown = { database: 'orders', logins: ['orders_a', 'orders_b'], owner: 'orders_owner' };
    const config = connector.schema.parse({ ...given, ...shown });
    const script = rolesScript(config, 'keyturn', { name: escapeIdentifier, text: escapeLiteral });
    const readme = new URL('../../connectors/providers/postgres/README.md', import.meta.url);
    expect(await readFile(readme, 'utf8')).toContain(`\`\`\`sql\n${script}\`\`\`\n`);
  });

  test('names roles that are missing, and an admin that is refused', async () => {
    const { given, ctx } = roles;
    const open = (changes: object) => connector.open(connector.schema.parse({ ...given, ...changes }));
    const missing = await open({ logins: ['kt_none_a', 'kt_none_b'] }).prepare?.(ctx);
    expect(missing?.problems).toEqual(['there is no role kt_none_a', 'there is no role kt_none_b']);
    const refused = await open({ admin: { env: 'WRONG' } }).prepare?.(ctx);
    expect(refused).toMatchObject({ ready: false, problems: [expect.stringContaining('28P01')] });
    expect(refused?.script).toContain('create role');
  });
});

describe('TLS', () => {
  test('is never given up to make a connection succeed', async () => {
    const roles = await makeRoles('in place');
    const value = await giveLogin(roles.config.logins[0] ?? '');
    const verify = (tls: string) =>
      connector.open(connector.schema.parse({ ...roles.given, tls })).verify(roles.ctx, value);
    const kind = (tls: string) =>
      verify(tls).then(
        ({ verdict }) => verdict,
        (error) => connector.classify(error),
      );
    expect(await kind('require')).toBe('invalid');
    await serveTls();
    await expect.poll(() => kind('require'), { timeout: 10_000 }).toBe('accepted');
    expect(await kind('verify-full')).toBe('invalid');
    expect(await kind('disable')).toBe('accepted');
    await roles.drop();
  });

  /** With a certificate that nobody trusts. Only the server's own user can write a key file that it accepts. */
  async function serveTls(): Promise<void> {
    const { cert, private: key } = await generate([{ name: 'commonName', value: inject('postgres').host }]);
    const name = `tls-${randomBytes(4).toString('hex')}`;
    await asSuperuser(async (sql) => {
      const { rows } = await sql.query(`select current_setting('data_directory') as folder`);
      const file = `${rows[0].folder}/${name}`;
      for (const [ending, text] of [
        ['crt', cert],
        ['key', key],
      ] as const) {
        const lines = `select * from unnest(string_to_array(${escapeLiteral(text.replaceAll('\r', ''))}, E'\\n'))`;
        await sql.query(`copy (${lines}) to program 'umask 077; cat > ${file}.${ending}'`);
        await sql.query(`alter system set ssl_${ending === 'crt' ? 'cert' : 'key'}_file = '${file}.${ending}'`);
      }
      await sql.query('alter system set ssl = on');
      await sql.query('select pg_reload_conf()');
    });
  }
});
