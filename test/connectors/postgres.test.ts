import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { escapeIdentifier } from 'pg';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { asSuperuser, giveLogin, makeRoles, useAsApplication } from '../../connectors/providers/postgres/harness.ts';
import { connector } from '../../connectors/providers/postgres/index.ts';
import type { KeyturnError, KeyValue, NewKey, Provider, Standing } from '../../contract/index.ts';
import { cutAfter } from '../support/cut.ts';

type Roles = Awaited<ReturnType<typeof makeRoles>>;
let roles: Roles;
let knownGood: KeyValue;
let provider: Provider;

beforeEach(() => begin('two logins'));
afterEach(() => roles.drop());

async function begin(form: 'two logins' | 'in place'): Promise<void> {
  roles = await makeRoles(form);
  knownGood = await giveLogin(loginA());
  provider = connector.open(roles.config);
}

const loginA = () => roles.config.logins[0] ?? '';
const loginB = () => roles.config.logins[1] ?? '';
const query = (sql: string, values: unknown[] = []) => asSuperuser((client) => client.query(sql, values));

async function standing(): Promise<Standing> {
  const held = await provider.identify(roles.ctx, knownGood);
  return { held, keys: await provider.inventory(roles.ctx, [held]) };
}

async function choose(): Promise<NewKey> {
  const chosen = await provider.choose?.(roles.ctx, await standing());
  return chosen ?? expect.fail('it cannot choose');
}

async function make(): Promise<NewKey> {
  const chosen = await choose();
  const key = await provider.apply?.(roles.ctx, chosen, undefined);
  return { ...chosen, key: key ?? expect.fail('it cannot apply') };
}

const verdict = async (value: KeyValue) => (await provider.verify(roles.ctx, value)).verdict;

async function failure(promise: Promise<unknown> | undefined): Promise<KeyturnError> {
  return (promise ?? Promise.resolve()).then(
    () => expect.fail('it should have failed'),
    (error) => error,
  );
}

async function commentOn(login: string): Promise<string> {
  const { rows } = await query(`select shobj_description(to_regrole($1), 'pg_authid') as comment`, [login]);
  return rows[0]?.comment ?? '';
}

describe('plaintext', () => {
  test.each(['two logins', 'in place'] as const)('never reaches the server’s statement log (%s)', async (form) => {
    await roles.drop();
    await begin(form);
    const before = await standing();
    const chosen = await choose();
    const key = await provider.apply?.(roles.ctx, chosen, form === 'in place' ? before.keys[0] : undefined);
    if (!key) return expect.fail('no key');
    await provider.verify(roles.ctx, chosen.value);
    await provider.smokeTest?.(roles.ctx, chosen.value, { sql: 'select 1', expect: 'rows' });
    await provider.disable?.(roles.ctx, key);
    await provider.enable?.(roles.ctx, key);
    await provider.remove(roles.ctx, key);
    const log = await serverLog();
    expect(log).toContain(`alter role ${escapeIdentifier(loginOf(chosen))} login password 'SCRAM-SHA-256$4096:`);
    const password = chosen.value.password?.reveal() ?? expect.fail('no password');
    for (const form of [password, Buffer.from(password).toString('base64'), Buffer.from(password).toString('hex')]) {
      expect(log.includes(form), 'the password stands in the log').toBe(false);
    }
  });

  /** The whole log up to now: a statement of our own marks its end. */
  async function serverLog(): Promise<string> {
    const end = `end of log ${randomUUID()}`;
    await query(`select '${end}'`);
    const read = () => readFile(inject('postgres').logFile, 'utf8');
    await expect.poll(read, { timeout: 10_000 }).toContain(end);
    return read();
  }
});

describe('grants', () => {
  test('a new login that lacks them passes `select 1` and fails the smoke test', async () => {
    const table = `${loginA()}_orders`;
    await query(`create table ${table} (id int); grant select on ${table} to ${loginA()}`);
    await query(`alter role ${loginA()} reset role; alter role ${loginB()} reset role`);
    const made = await make();
    const smokeTest = { sql: `select 1 from ${table} limit 1` };
    expect(await verdict(made.value)).toBe('accepted');
    const failed = await failure(provider.smokeTest?.(roles.ctx, made.value, smokeTest));
    expect(failed).toMatchObject({ kind: 'invalid', message: expect.stringContaining('42501 permission denied') });
    await query(`grant select on ${table} to ${roles.config.owner}`);
    await provider.smokeTest?.(roles.ctx, made.value, smokeTest);
    await query(`drop table ${table}`);
  });

  test('a login that is no member of the owner gets no password', async () => {
    await query(`revoke ${roles.config.owner} from ${loginB()}`);
    const chosen = await choose();
    expect(await failure(provider.apply?.(roles.ctx, chosen, undefined))).toMatchObject({ kind: 'invalid' });
    expect(await verdict(chosen.value)).toBe('refused');
    expect((await standing()).keys).toHaveLength(1);
  });

  test('applied again, everything stands again: login right and password', async () => {
    const chosen = await choose();
    const key = await provider.apply?.(roles.ctx, chosen, undefined);
    await query(`alter role ${loginB()} nologin password null`);
    expect(await provider.apply?.(roles.ctx, chosen, undefined)).toEqual(key);
    expect(await verdict(chosen.value)).toBe('accepted');
  });

  test('what either login makes belongs to both', async () => {
    const table = `${loginA()}_made`;
    const made = await make();
    await query(`grant create on schema public to ${roles.config.owner}`);
    const first = await useAsApplication(knownGood);
    await first.sql.query(`create table ${table} (id int)`);
    await first.stop();
    const second = await useAsApplication(made.value);
    await second.sql.query(`alter table ${table} add column name text; drop table ${table}`);
    await second.stop();
  });
});

describe('smoke tests', () => {
  test.each([
    ['select 1 where false', 'rows', 'no rows'],
    ['create table never (id int)', 'any', '25006'],
    ['commit; create table never (id int)', 'any', '42601'],
    ['select 1 from nowhere', 'any', '42P01'],
  ])('%s, expecting %s, fails with %s', async (sql, expected, said) => {
    const failed = await failure(provider.smokeTest?.(roles.ctx, knownGood, { sql, expect: expected }));
    expect(failed).toMatchObject({ kind: 'invalid', message: expect.stringContaining(said) });
  });

  test('a refused value fails them', async () => {
    const wrong = { ...knownGood, password: (await choose()).value.password ?? expect.fail('no password') };
    const failed = await failure(provider.smokeTest?.(roles.ctx, wrong, { sql: 'select 1' }));
    expect(failed).toMatchObject({ kind: 'invalid', message: expect.stringContaining('28P01') });
  });
});

describe('sessions', () => {
  test('that stand survive disable, and their use is told with name and address', async () => {
    const application = await useAsApplication(knownGood);
    const [key] = (await standing()).keys;
    if (!key) return expect.fail('no key');
    expect(key.lastUse).toMatchObject({ by: 'orders at 127.0.0.1' });
    await provider.disable?.(roles.ctx, key);
    expect(await verdict(knownGood)).toBe('refused');
    await application.sql.query('select 1');
    expect((await standing()).keys[0]).toMatchObject({
      id: key.id,
      state: 'disabled',
      lastUse: { by: 'orders at 127.0.0.1' },
    });
    await application.stop();
  });

  test('are ended by remove, by a repeated one too', async () => {
    const made = await make();
    const [first, second] = [await useAsApplication(made.value), await useAsApplication(made.value)];
    await provider.remove(roles.ctx, made.key);
    await expect(first.sql.query('select 1')).rejects.toThrow();
    await expect(second.sql.query('select 1')).rejects.toThrow();
    const { rows } = await query('select 1 from pg_stat_activity where usename = $1', [loginB()]);
    expect(rows).toEqual([]);
  });

  test('of the other login go on', async () => {
    const application = await useAsApplication(knownGood);
    await provider.remove(roles.ctx, (await make()).key);
    await application.sql.query('select 1');
    await application.stop();
  });
});

describe('lost replies and late attempts', () => {
  test('apply: done, not heard, done again with the same end', async () => {
    const chosen = await choose();
    const road = await cutAfter(roles.config, 'commit\0');
    const there = connector.open({ ...roles.config, port: road.port });
    expect(connector.classify(await failure(there.apply?.(roles.ctx, chosen, undefined)))).toBe('transient');
    await road.answered;
    expect(await verdict(chosen.value)).toBe('accepted');
    const key = await provider.apply?.(roles.ctx, chosen, undefined);
    expect((await standing()).keys.find(({ id }) => id === chosen.key.id)?.etag).toBe(key?.etag);
    await road.close();
  });

  test('remove: the login is empty, its sessions stand; the next attempt ends them', async () => {
    const made = await make();
    const application = await useAsApplication(made.value);
    const road = await cutAfter(roles.config, 'commit\0');
    const there = connector.open({ ...roles.config, port: road.port });
    expect(connector.classify(await failure(there.remove(roles.ctx, made.key)))).toBe('transient');
    await road.answered;
    expect(await verdict(made.value)).toBe('refused');
    await application.sql.query('select 1');
    await provider.remove(roles.ctx, made.key);
    await expect(application.sql.query('select 1')).rejects.toThrow();
    await road.close();
  });

  test('an apply that comes after its own removal is refused', async () => {
    const made = await make();
    const { key: _key, ...value } = made;
    const chosen = await provider.remove(roles.ctx, made.key).then(choose);
    await provider.remove(roles.ctx, chosen.key);
    expect(await failure(provider.apply?.(roles.ctx, chosen, undefined))).toMatchObject({ kind: 'conflict' });
    expect(await failure(provider.apply?.(roles.ctx, { ...value, key: made.key }, undefined))).toMatchObject({
      kind: 'conflict',
    });
    expect((await standing()).keys).toHaveLength(1);
    await make();
  });

  test('two at once: one is set, the other refused', async () => {
    const both = [await choose(), await choose()];
    const settled = await Promise.allSettled(both.map((chosen) => provider.apply?.(roles.ctx, chosen, undefined)));
    expect(settled.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const verdicts = await Promise.all(both.map(({ value }) => verdict(value)));
    expect(verdicts).toEqual(settled.map(({ status }) => (status === 'fulfilled' ? 'accepted' : 'refused')));
  });
});

describe('what other people did', () => {
  test('their comment stays in front of the marker', async () => {
    await query(`comment on role ${loginB()} is 'orders, on call: the payments team'`);
    const made = await make();
    expect(await commentOn(loginB())).toMatch(/^orders, on call: the payments team\nkeyturn key=\S+ made=\S+$/);
    await provider.remove(roles.ctx, made.key);
    expect(await commentOn(loginB())).toBe(`orders, on call: the payments team\nkeyturn empty after=${made.key.id}`);
  });

  test('a login in use by a stranger: both keys are shown, and the one named may go', async () => {
    const stranger = await giveLogin(loginB());
    const application = await useAsApplication(stranger);
    const failed = await failure(choose());
    expect(failed).toMatchObject({ kind: 'limit', fix: expect.stringContaining(`replace: ${loginB()}/unmarked`) });
    expect(failed.message).toContain((await standing()).held);
    expect(failed.message).toContain('by orders at 127.0.0.1');
    const named = (await standing()).keys.find(({ id }) => id === `${loginB()}/unmarked`);
    await provider.remove(roles.ctx, named ?? expect.fail('not listed'));
    expect(await verdict(stranger)).toBe('refused');
    await make();
    await provider.remove(roles.ctx, named ?? expect.fail('not listed'));
    expect((await standing()).keys).toHaveLength(2);
    await application.stop().catch(() => {});
  });

  test('a login right given by hand to an empty login is a stranger’s key', async () => {
    const made = await make();
    await provider.remove(roles.ctx, made.key);
    const chosen = await choose();
    await giveLogin(loginB());
    expect((await standing()).keys.map(({ id }) => id)).toContain(`${loginB()}/unmarked`);
    expect(await failure(provider.apply?.(roles.ctx, chosen, undefined))).toMatchObject({ kind: 'conflict' });
    await provider.remove(roles.ctx, chosen.key);
    expect((await standing()).keys).toHaveLength(2);
  });

  test('a host that pg_hba.conf keeps out is an error, not a refusal', async () => {
    const rule = `host all ${loginB()} all reject`;
    const made = await make();
    await query(
      `do $$ begin execute format('copy (select * from unnest(string_to_array(%L, E''\\n''))) to %L',
         '${rule}' || E'\\n' || pg_read_file(current_setting('hba_file')), current_setting('hba_file')); end $$`,
    );
    await query('select pg_reload_conf()');
    const kind = () => provider.verify(roles.ctx, made.value).catch((error) => `${error.kind}: ${error.message}`);
    await expect.poll(kind, { timeout: 10_000 }).toMatch(/^invalid: .*lets nobody log in as .*28000/);
  });
});

function loginOf(chosen: NewKey): string {
  return chosen.key.id.slice(0, chosen.key.id.lastIndexOf('/'));
}
