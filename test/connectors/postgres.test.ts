import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Client, escapeIdentifier } from 'pg';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { useAsApplication } from '../../connectors/providers/postgres/harness.ts';
import type { NewKey } from '../../contract/index.ts';
import { failure, PostgresBench, query } from '../support/postgres-bench.ts';

let bench: PostgresBench;

beforeEach(async () => {
  bench = await PostgresBench.open('two logins');
});
afterEach(() => bench.drop());

describe('plaintext', () => {
  test.each(['two logins', 'in place'] as const)('never reaches the server’s statement log (%s)', async (form) => {
    await bench.drop();
    bench = await PostgresBench.open(form);
    const before = await bench.standing();
    const chosen = await bench.choose();
    const key = await bench.provider.apply?.(bench.ctx, chosen, form === 'in place' ? before.keys[0] : undefined);
    if (!key) return expect.fail('no key');
    await bench.provider.verify(bench.ctx, chosen.value);
    await bench.provider.smokeTest?.(bench.ctx, chosen.value, { sql: 'select 1', expect: 'rows' });
    await bench.provider.disable?.(bench.ctx, key);
    await bench.provider.enable?.(bench.ctx, key);
    await bench.provider.remove(bench.ctx, key);
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
    const table = `${bench.a}_orders`;
    await query(`create table ${table} (id int); grant select on ${table} to ${bench.a}`);
    await query(`alter role ${bench.a} reset role; alter role ${bench.b} reset role`);
    const made = await bench.make();
    const smokeTest = { sql: `select 1 from ${table} limit 1` };
    expect(await bench.verdict(made.value)).toBe('accepted');
    const failed = await failure(bench.provider.smokeTest?.(bench.ctx, made.value, smokeTest));
    expect(failed).toMatchObject({ kind: 'invalid', message: expect.stringContaining('42501 permission denied') });
    await query(`grant select on ${table} to ${bench.roles.config.owner}`);
    await bench.provider.smokeTest?.(bench.ctx, made.value, smokeTest);
    await query(`drop table ${table}`);
  });

  test('a login that is no member of the owner gets no password', async () => {
    await query(`revoke ${bench.roles.config.owner} from ${bench.b}`);
    const chosen = await bench.choose();
    expect(await failure(bench.provider.apply?.(bench.ctx, chosen, undefined))).toMatchObject({ kind: 'invalid' });
    expect(await bench.verdict(chosen.value)).toBe('refused');
    expect((await bench.standing()).keys).toHaveLength(1);
  });

  test('applied again, everything stands again: login right and password', async () => {
    const chosen = await bench.choose();
    const key = await bench.provider.apply?.(bench.ctx, chosen, undefined);
    await query(`alter role ${bench.b} nologin password null`);
    expect(await bench.provider.apply?.(bench.ctx, chosen, undefined)).toEqual(key);
    expect(await bench.verdict(chosen.value)).toBe('accepted');
  });

  test('what either login makes belongs to both', async () => {
    const table = `${bench.a}_made`;
    const made = await bench.make();
    await query(`grant create on schema public to ${bench.roles.config.owner}`);
    const first = await useAsApplication(bench.knownGood);
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
    const failed = await failure(bench.provider.smokeTest?.(bench.ctx, bench.knownGood, { sql, expect: expected }));
    expect(failed).toMatchObject({ kind: 'invalid', message: expect.stringContaining(said) });
  });

  test('a refused value fails them', async () => {
    const wrong = { ...bench.knownGood, password: (await bench.choose()).value.password ?? expect.fail('no password') };
    const failed = await failure(bench.provider.smokeTest?.(bench.ctx, wrong, { sql: 'select 1' }));
    expect(failed).toMatchObject({ kind: 'invalid', message: expect.stringContaining('28P01') });
  });
});

describe('sessions', () => {
  test('that stand survive disable, and their use is told with name and address', async () => {
    const application = await useAsApplication(bench.knownGood);
    const [key] = (await bench.standing()).keys;
    if (!key) return expect.fail('no key');
    expect(key.lastUse).toMatchObject({ by: 'orders at 127.0.0.1' });
    await bench.provider.disable?.(bench.ctx, key);
    expect(await bench.verdict(bench.knownGood)).toBe('refused');
    await application.sql.query('select 1');
    expect((await bench.standing()).keys[0]).toMatchObject({
      id: key.id,
      state: 'disabled',
      lastUse: { by: 'orders at 127.0.0.1' },
    });
    await application.stop();
  });

  test('are ended by remove, by a repeated one too', async () => {
    const made = await bench.make();
    const [first, second] = [await useAsApplication(made.value), await useAsApplication(made.value)];
    await bench.provider.remove(bench.ctx, made.key);
    await expect(first.sql.query('select 1')).rejects.toThrow();
    await expect(second.sql.query('select 1')).rejects.toThrow();
    const { rows } = await query('select 1 from pg_stat_activity where usename = $1', [bench.b]);
    expect(rows).toEqual([]);
  });

  test('of our own are not counted as use', async () => {
    const lock = `pg_advisory_xact_lock(hashtext('${bench.a}'))`;
    const sessions = async () => (await query('select 1 from pg_stat_activity where usename = $1', [bench.a])).rowCount;
    const holder = new Client({ connectionString: inject('postgres').adminUrl });
    await holder.connect();
    await holder.query(`begin; select ${lock}`);
    // It waits for as long as it is held.
    const probe = bench.provider.smokeTest?.(bench.ctx, bench.knownGood, { sql: `select ${lock}` });
    await expect.poll(sessions, { timeout: 5_000, interval: 20 }).toBe(1);
    expect((await bench.standing()).keys[0]?.lastUse).toBe('unknown');
    expect(await sessions()).toBe(1);
    await holder.end();
    await probe;
  });

  test('of the other login go on', async () => {
    const application = await useAsApplication(bench.knownGood);
    await bench.provider.remove(bench.ctx, (await bench.make()).key);
    await application.sql.query('select 1');
    await application.stop();
  });
});

function loginOf(chosen: NewKey): string {
  return chosen.key.id.slice(0, chosen.key.id.lastIndexOf('/'));
}
