import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { escapeLiteral } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, onTestFinished, test, vi } from 'vitest';
import { appendEntry } from '../../connectors/audit/chain.ts';
import { asAdmin, type MadeAudit, makeAudit } from '../../connectors/audit/postgres/harness.ts';
import { connector } from '../../connectors/audit/postgres/index.ts';
import { placeOf } from '../../connectors/audit/postgres/place.ts';
import { poolOf } from '../../connectors/audit/postgres/pool.ts';
import { connector as sqlite } from '../../connectors/audit/sqlite/index.ts';
import { verifyChain } from '../../connectors/audit/verify.ts';
import type { AuditEntry } from '../../contract/index.ts';
import { freePort } from '../support/embedded-postgres.ts';

const credential = 'production/orders/DATABASE_URL';
const at = '2026-01-02T03:04:05.678Z';
const entry = (effect: string, more: Partial<AuditEntry> = {}): AuditEntry => {
  return { credential, rotation: 'r1', at, kind: 'intent', effect, verb: 'write', ...more };
};

let made: MadeAudit;
const open = (location: string) => made.open(connector.open(location));
const migrate = (location: string, dryRun = false) => connector.migrate?.(location, { dryRun });

describe('append-only', () => {
  beforeAll(async () => {
    made = await makeAudit();
    const sink = await open(made.writer);
    for (const effect of ['a', 'b', 'c']) await appendEntry(sink, entry(effect));
  });
  afterAll(() => made.drop());

  const records = 'keyturn_audit.records';
  test.each([
    `update ${records} set hash = 'x'`,
    `update ${records} set hash = 'x' where false`,
    `delete from ${records}`,
    `truncate ${records}`,
    `drop table ${records}`,
    `alter table ${records} disable trigger all`,
    `alter table ${records} add column note text`,
    `drop trigger records_are_not_changed on ${records}`,
    `create or replace function keyturn_audit.refuse_change() returns trigger language sql as 'select 1'`,
    'create table keyturn_audit.other ()',
    'drop schema keyturn_audit cascade',
    `insert into keyturn_audit.migrations (name, run_on) values ('9999_later', now())`,
    'delete from keyturn_audit.migrations',
    'set role keyturn_audit_owner',
    'set session_replication_role = replica',
    `insert into ${records} values ('x', 1, '', '', '{}') on conflict (credential, seq) do update set hash = 'x'`,
  ])('the writer is refused: %s', async (sql) => {
    await expect(asAdmin(made.writer, sql)).rejects.toMatchObject({ code: expect.stringMatching(/^42(501|P17)$/) });
  });

  test.each([
    `update ${records} set hash = 'x' where false`,
    `delete from ${records} where seq = 3`,
    `truncate ${records}`,
    `set session_replication_role = replica; delete from ${records}`,
    `insert into ${records} values ('${credential}', 5, '', '', '{}')`,
    `insert into ${records} values ('${credential}', 3, '', 'other', '{}')`,
  ])('the triggers and the key refuse also a superuser: %s', async (sql) => {
    await expect(asAdmin(made.admin, sql)).rejects.toMatchObject({ code: expect.stringMatching(/^23(001|505)$/) });
    const chain = await (await open(made.reader)).read(credential);
    expect(await verifyChain(chain)).toMatchObject({ ok: true, entries: 3 });
  });

  test('the reader reads, and appends nothing', async () => {
    const reader = await open(made.reader);
    expect(await reader.credentials()).toEqual([credential]);
    await expect(appendEntry(reader, entry('d'))).rejects.toMatchObject({
      kind: 'unauthorized',
      fix: expect.stringContaining('keyturn_audit_writer'),
    });
  });
});

describe('what it holds', () => {
  beforeAll(async () => {
    made = await makeAudit();
  });
  afterAll(() => made.drop());

  test('texts that others of its types refuse', async () => {
    const sink = await open(made.writer);
    const detail = { nul: 'a\u0000b', minus: -0.1, large: 1e300, twice: { '': [] }, __proto: null };
    const record = await appendEntry(sink, entry('a', { detail }));
    expect(await sink.last(credential)).toEqual(record);
    expect(await verifyChain(await sink.read(credential))).toMatchObject({ ok: true, entries: 1 });
  });

  test('a chain of several pages, and many credentials in the order of every other sink', async () => {
    await asAdmin(
      made.admin,
      `insert into keyturn_audit.records select 'long', n, n::text, n::text, '{}' from generate_series(1, 2500) n;
       insert into keyturn_audit.records select 'c/' || n, 1, '', '', '{}' from generate_series(1, 30) n;
       insert into keyturn_audit.records select unnest(array['Z', 'ä', 'a b']), 1, '', '', '{}'`,
    );
    const sink = await open(made.reader);
    const seqs = (await sink.read('long', 400)).map(({ seq }) => seq);
    expect(seqs).toEqual(Array.from({ length: 2101 }, (_, index) => index + 400));
    const credentials = await sink.credentials();
    expect(credentials).toEqual(expect.arrayContaining(['long', 'c/7', 'ä']));
    expect(credentials).toEqual([...credentials].sort());
  });

  test('chains of another sink, taken over by import.sql as a writer', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'keyturn-audit-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const file = await made.open(sqlite.open(join(folder, 'audit.db')));
    for (let index = 0; index < 12; index += 1) {
      const detail = { text: 'ü "\\ \n, \t 漢', number: -1.5e21 };
      await appendEntry(file, entry(`e${index}`, { credential: `imported/${index % 2}`, detail }));
    }
    const script = await readFile(new URL('../../connectors/audit/postgres/import.sql', import.meta.url), 'utf8');
    const records = [...(await file.read('imported/1')), ...(await file.read('imported/0'))].reverse();
    const lines = records.map((record) => `insert into lines values (${escapeLiteral(JSON.stringify(record))});`);
    // Only psql knows \\copy.
    const statements = script.replace(/^\\copy .*$/m, () => lines.join('\n'));
    expect(statements).not.toBe(script);
    await asAdmin(made.writer, statements);
    const sink = await open(made.reader);
    for (const credential of ['imported/0', 'imported/1']) {
      const chain = await sink.read(credential);
      expect(chain).toEqual(await file.read(credential));
      expect(await verifyChain(chain)).toMatchObject({ ok: true, entries: 6 });
    }
  });

  test('survives a crash of the server once it is taken, whatever the server’s own default', async () => {
    const pool = await poolOf(await placeOf(made.writer));
    const { rows } = await pool.query('show synchronous_commit');
    expect(rows).toEqual([{ synchronous_commit: 'on' }]);
    await pool.end();
  });
});

describe('the schema', () => {
  beforeEach(async () => {
    made = await makeAudit({ migrated: false });
  });
  afterEach(() => made.drop());

  test('is made by the owner alone, and a dry run leaves nothing behind', async () => {
    const missing = { kind: 'invalid', fix: expect.stringContaining('`keyturn audit migrate`') };
    await expect(open(made.writer)).rejects.toMatchObject(missing);
    await expect(migrate(made.writer)).rejects.toMatchObject({ kind: 'unauthorized' });
    expect(await migrate(made.owner, true)).toMatchObject({ had: [], applied: ['0001_records'] });
    await expect(open(made.writer)).rejects.toMatchObject(missing);
    expect(await migrate(made.owner)).toMatchObject({ had: [], applied: ['0001_records'] });
    expect(await migrate(made.owner)).toMatchObject({ had: ['0001_records'], applied: [] });
    await open(made.writer);
    const { rows } = await asAdmin(made.admin, `select tableowner from pg_tables where schemaname = 'keyturn_audit'`);
    expect(new Set(rows.map(({ tableowner }) => tableowner))).toEqual(new Set(['keyturn_audit_owner']));
  });

  test('is made once by several at the same time', async () => {
    const all = await Promise.all(Array.from({ length: 4 }, () => migrate(made.owner)));
    expect(all.flatMap((each) => each?.applied)).toEqual(['0001_records']);
  });

  test('of a newer version is refused by all', async () => {
    await migrate(made.owner);
    await asAdmin(
      made.admin,
      `insert into keyturn_audit.migrations (name, run_on) values ('9999_from_the_future', now())`,
    );
    const newer = { kind: 'invalid', message: expect.stringContaining('9999_from_the_future') };
    await expect(open(made.writer)).rejects.toMatchObject(newer);
    await expect(migrate(made.owner)).rejects.toMatchObject(newer);
  });

  test('a database that was not set up is told how', async () => {
    await asAdmin(made.admin, 'drop schema keyturn_audit');
    await expect(migrate(made.owner)).rejects.toMatchObject({ fix: expect.stringContaining('setup.sql') });
  });
});

describe('where it is', () => {
  const secret = 'S3cret-of-the-writer';
  const { host, port } = inject('postgres');
  const refused = async (location: string) => {
    const error = await connector.open(location).then(
      () => expect.fail('it was opened'),
      (thrown: unknown) => thrown,
    );
    expect(inspect(error, { depth: 9 })).not.toContain(secret);
    return error;
  };

  test('a wrong login, a server that is down, a database that is not there: each its own kind, and no password', async () => {
    const gone = await freePort();
    const url = (at: string, user = 'postgres') => `//${user}:${secret}@${at}`;
    expect(await refused(url(`${host}:${port}/postgres`))).toMatchObject({
      kind: 'unauthorized',
      message: expect.stringContaining(`the audit ${host}:${port}/postgres: `),
    });
    expect(await refused(url(`localhost:${gone}/postgres`))).toMatchObject({
      kind: 'transient',
      message: expect.stringContaining('ECONNREFUSED'),
    });
    const admin = new URL(inject('postgres').adminUrl);
    expect(await refused(Object.assign(admin, { pathname: '/none' }).href)).toMatchObject({ kind: 'not-found' });
  });

  test.each([
    `//user:${secret}@[::bad/x`,
    `mysql://user:${secret}@host/x`,
    `/var/lib/${secret}`,
    'env:',
    `//user:${secret}@host:99999999/x`,
  ])('%s is no place', async (location) => {
    expect(await refused(location)).toMatchObject({ kind: expect.stringMatching(/^(invalid|not-found)$/) });
  });

  test('a variable or a file that is not there is named', async () => {
    expect(await refused('env:NO_SUCH_AUDIT')).toMatchObject({
      kind: 'not-found',
      message: expect.stringContaining('NO_SUCH_AUDIT'),
    });
    expect(await refused('file:no/such/file')).toMatchObject({ message: expect.stringContaining('no/such/file') });
  });

  test('libpq’s own variables say all where the place says nothing', async () => {
    vi.stubEnv('PGHOST', 'db.internal').stubEnv('PGPORT', '6000').stubEnv('PGDATABASE', 'keyturn');
    expect(await placeOf('')).toMatchObject({ name: 'db.internal:6000/keyturn' });
    vi.unstubAllEnvs();
  });

  test('what leaves the machine is encrypted, unless it is said how', async () => {
    const ssl = async (location: string) => {
      const { Client } = await import('pg');
      return (new Client((await placeOf(location)).config) as unknown as { ssl: unknown }).ssl;
    };
    const whole = { rejectUnauthorized: true };
    expect(await ssl('//db.internal/keyturn')).toEqual(whole);
    expect(await ssl('//user@10.1.2.3:6000/keyturn?application_name=a')).toEqual(whole);
    expect(await ssl('//db.internal/keyturn?sslmode=disable')).toBe(false);
    expect(await ssl('//127.0.0.1/keyturn')).toBe(false);
    expect(await ssl('//127.0.0.1/keyturn?sslmode=verify-full')).toEqual({});
    vi.stubEnv('PGSSLMODE', 'disable');
    expect(await ssl('//db.internal/keyturn')).toBe(false);
    vi.unstubAllEnvs();
  });

  test('a location with a password is known', () => {
    const holds = (location: string) => connector.holdsSecret?.(location);
    const with_ = [`//u:p@h/d`, 'postgres://u:p@h', '//u:p/w@h/d', '//h/d?password=x', '//h/d?sslpassword=x'];
    expect(with_.filter(holds)).toEqual(with_);
    expect(['', 'env:A', 'file:/a:b', '//u@h:1/d', '//h:1/d?sslmode=verify-full'].filter(holds)).toEqual([]);
  });
});
