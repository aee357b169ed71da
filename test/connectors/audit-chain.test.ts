import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { appendEntry, appendOnce, genesis, hashOf } from '../../connectors/audit/chain.ts';
import { madeKeys, openIntents } from '../../connectors/audit/ledger.ts';
import { connector } from '../../connectors/audit/sqlite/index.ts';
import { verifyChain } from '../../connectors/audit/verify.ts';
import { openKeyRing } from '../../connectors/keyrings/file/index.ts';
import type { AuditEntry, AuditRecord, AuditSink } from '../../contract/audit.ts';
import type { KeyRing } from '../../contract/index.ts';

const credential = 'production/orders/DATABASE_URL';
let folder: string;
let sink: AuditSink;
let keys: KeyRing;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'keyturn-audit-chain-'));
  sink = await connector.open(join(folder, 'audit.db'));
  keys = await openKeyRing(join(folder, 'keys.json'), { create: true });
});
afterEach(async () => {
  await sink.close();
  rmSync(folder, { recursive: true, force: true });
});

function entry(kind: AuditEntry['kind'], effect: string, more: Partial<AuditEntry> = {}): AuditEntry {
  return { credential, rotation: 'r1', at: '2026-01-02T03:04:05.678Z', kind, effect, verb: 'mint', ...more };
}

/** intent and result of a mint, intent and result of a write, close. */
async function rotation(): Promise<AuditRecord[]> {
  await appendEntry(sink, entry('intent', 'r1/mint', { subject: 'a new key' }));
  await appendEntry(sink, entry('result', 'r1/mint', { outcome: 'done', subject: 'key-2' }));
  await appendEntry(sink, entry('intent', 'r1/write', { verb: 'write', subject: 'main' }));
  await appendEntry(sink, entry('result', 'r1/write', { verb: 'write', outcome: 'done' }));
  await appendEntry(sink, entry('close', 'r1/close', { verb: 'close' }), { signer: keys });
  return sink.read(credential);
}

/** Hashes right again, as one would make them who can write the store but has no key. */
function rechained(records: readonly AuditRecord[]): AuditRecord[] {
  let prev = genesis;
  return records.map(({ entry: each, signature }, index) => {
    const seq = index + 1;
    const hash = hashOf({ seq, prev, entry: each });
    const record = { seq, prev, hash, entry: each, ...(signature === undefined ? {} : { signature }) };
    prev = hash;
    return record;
  });
}

describe('the chain', () => {
  test('hashes as RFC 8785 and SHA-256 say, whoever computes it', async () => {
    const [first] = await rotation();
    // printf '%s' '<canonical JSON>' | sha256sum
    const canonical =
      `{"entry":{"at":"2026-01-02T03:04:05.678Z","credential":"${credential}","effect":"r1/mint","kind":"intent",` +
      `"rotation":"r1","subject":"a new key","verb":"mint"},"prev":"${genesis}","seq":1}`;
    const { createHash } = await import('node:crypto');
    expect(first?.hash).toBe(createHash('sha256').update(canonical).digest('hex'));
  });

  test('takes entries with undefined members and broken text', async () => {
    const record = await appendEntry(sink, entry('intent', 'a', { detail: { none: undefined, text: 'cut \ud83d' } }));
    expect(record.entry.detail).toEqual({ text: 'cut \ufffd' });
    expect(await verifyChain(await sink.read(credential))).toMatchObject({ ok: true });
  });

  test('gives up, as transient, when others are always faster', async () => {
    const busy: AuditSink = { ...forwarding(sink), append: async () => false };
    await expect(appendEntry(busy, entry('intent', 'a'))).rejects.toMatchObject({ kind: 'transient' });
  });

  test('an entry appended once is found again when its reply was lost', async () => {
    const lossy: AuditSink = {
      ...forwarding(sink),
      async append(record, expectedSeq) {
        await sink.append(record, expectedSeq);
        throw new Error('reply lost');
      },
    };
    await expect(appendOnce(lossy, entry('close', 'r1/close'), { signer: keys })).rejects.toThrow('reply lost');
    const record = await appendOnce(sink, entry('close', 'r1/close'), { signer: keys });
    expect(await sink.read(credential)).toEqual([record]);
  });
});

describe('verifying', () => {
  test('a whole chain, with its head and its signed close', async () => {
    const records = await rotation();
    const last = records.at(-1);
    const head = { seq: 5, hash: String(last?.hash) };
    expect(await verifyChain(records, { head, keys })).toEqual({
      ok: true,
      head,
      entries: 5,
      closes: [{ seq: 5, signature: 'verified' }],
      open: [],
    });
    expect(await verifyChain(records)).toMatchObject({ ok: true, closes: [{ signature: 'unchecked' }] });
    expect(await verifyChain([])).toMatchObject({ ok: true, entries: 0, head: undefined });
  });

  test('with an earlier head, when the chain has grown since', async () => {
    const records = await rotation();
    const head = { seq: 2, hash: String(records[1]?.hash) };
    expect(await verifyChain(records, { head })).toMatchObject({ ok: true, head: { seq: 5 } });
  });

  test('every single altered member is found', async () => {
    const records = await rotation();
    for (const [index, record] of records.entries()) {
      const altered: AuditRecord[] = [
        { ...record, prev: 'f'.repeat(64) },
        { ...record, hash: 'f'.repeat(64) },
        { ...record, seq: record.seq + 1 },
        ...Object.keys(record.entry).map((member) => ({ ...record, entry: { ...record.entry, [member]: 'other' } })),
      ] as AuditRecord[];
      for (const each of altered) {
        const found = await verifyChain(records.with(index, each), { keys });
        expect(found, JSON.stringify(each)).toMatchObject({ ok: false, seq: index + 1 });
      }
    }
  });

  test('a missing, a repeated and two exchanged records are found', async () => {
    const [a, b, c, d, e] = (await rotation()) as [AuditRecord, AuditRecord, AuditRecord, AuditRecord, AuditRecord];
    expect(await verifyChain([b, c, d, e])).toMatchObject({ ok: false, seq: 1 });
    expect(await verifyChain([a, c, d, e])).toMatchObject({ ok: false, seq: 2 });
    expect(await verifyChain([a, b, b, c, d, e])).toMatchObject({ ok: false, seq: 3 });
    expect(await verifyChain([a, c, b, d, e])).toMatchObject({ ok: false, seq: 2 });
    expect(await verifyChain(rechained([a, c, b, d, e]), { keys })).toMatchObject({ ok: false });
  });

  test('a record with a hash of its own that follows another record is found', async () => {
    const [first, second, ...rest] = (await rotation()) as [AuditRecord, AuditRecord, ...AuditRecord[]];
    const link = { seq: 2, prev: 'f'.repeat(64), entry: second.entry };
    const spliced = [first, { ...link, hash: hashOf(link) }, ...rest];
    expect(await verifyChain(spliced)).toMatchObject({ ok: false, seq: 2 });
  });

  test('an end that was cut off is found with a known head, and only then', async () => {
    const records = await rotation();
    const head = { seq: 5, hash: String(records[4]?.hash) };
    expect(await verifyChain(records.slice(0, 3))).toMatchObject({ ok: true, open: [{ seq: 3 }] });
    expect(await verifyChain(records.slice(0, 3), { head })).toMatchObject({ ok: false, seq: 4 });
    expect(await verifyChain([], { head })).toMatchObject({ ok: false, seq: 1 });
  });

  test('a chain written anew is found by its head, or by its signature', async () => {
    const records = await rotation();
    const forged = rechained(
      records.map((record) => ({ ...record, entry: { ...record.entry, at: '2026-01-02T00:00:00.000Z' } })),
    );
    const head = { seq: 5, hash: String(records[4]?.hash) };
    expect(await verifyChain(forged)).toMatchObject({ ok: true });
    expect(await verifyChain(forged, { head })).toMatchObject({ ok: false, seq: 5 });
    expect(await verifyChain(forged, { keys })).toMatchObject({ ok: false, seq: 5 });
    const unsigned = forged.map(({ signature: _, ...record }) => record);
    expect(await verifyChain(unsigned, { keys })).toMatchObject({ ok: false, seq: 5 });
  });

  test('a signature by a key that is not in the ring, or by another algorithm, is refused', async () => {
    const records = await rotation();
    const stranger = await openKeyRing(join(folder, 'other.json'), { create: true });
    expect(await verifyChain(records, { keys: stranger })).toMatchObject({ ok: false, seq: 5 });
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}..`;
    for (const signature of [none, 'nonsense', '', '..', 'a.b.c']) {
      const close = { ...(records[4] as AuditRecord), signature };
      expect(await verifyChain(records.with(4, close), { keys })).toMatchObject({ ok: false, seq: 5 });
    }
  });

  test('an entry of another credential is found', async () => {
    const [a, ...rest] = await rotation();
    const foreign = { ...(a as AuditRecord), entry: entry('intent', 'x', { credential: 'staging/other' }) };
    expect(await verifyChain(rechained([foreign, ...rest]))).toMatchObject({ ok: false, seq: 2 });
  });

  test('an intent without a result is open; a second result, or one without an intent, is a problem', async () => {
    await appendEntry(sink, entry('intent', 'r1/a'));
    await appendEntry(sink, entry('intent', 'r1/a'));
    expect(await verifyChain(await sink.read(credential))).toMatchObject({ ok: true, open: [{ seq: 1 }] });
    await appendEntry(sink, entry('result', 'r1/a', { outcome: 'unknown', inferred: true }));
    expect(await verifyChain(await sink.read(credential))).toMatchObject({ ok: true, open: [] });
    await appendEntry(sink, entry('result', 'r1/a', { outcome: 'done' }));
    expect(await verifyChain(await sink.read(credential))).toMatchObject({ ok: false, seq: 4 });
    const alone = rechained([{ seq: 1, prev: genesis, hash: '', entry: entry('result', 'r1/b') }]);
    expect(await verifyChain(alone)).toMatchObject({ ok: false, seq: 1 });
  });
});

test('the ledger names made keys and open intents', async () => {
  const records = await rotation();
  expect([...madeKeys(records)]).toEqual([['key-2', 'r1']]);
  expect(openIntents(records)).toEqual([]);
  expect(openIntents(records.slice(0, 3)).map(({ entry: { effect } }) => effect)).toEqual(['r1/write']);
  await appendEntry(sink, entry('intent', 'r2/apply', { rotation: 'r2', verb: 'apply', subject: 'key-3' }));
  await appendEntry(
    sink,
    entry('result', 'r2/apply', { rotation: 'r2', verb: 'apply', outcome: 'failed', subject: 'key-3' }),
  );
  expect([...madeKeys(await sink.read(credential)).keys()]).toEqual(['key-2']);
});

describe('the SQLite sink', () => {
  test('is append-only, also for who opens it with SQLite', async () => {
    const before = await rotation();
    const database = new DatabaseSync(join(folder, 'audit.db'));
    for (const sql of [
      `UPDATE records SET hash = 'x'`,
      'DELETE FROM records WHERE seq = 5',
      `INSERT OR REPLACE INTO records VALUES ('${credential}', 5, '', '', '{}', NULL)`,
      `INSERT INTO records VALUES ('${credential}', 7, '', '', '{}', NULL)`,
    ]) {
      expect(() => database.exec(sql), sql).toThrow(/append-only|follows/);
    }
    database.close();
    expect(await sink.read(credential)).toEqual(before);
  });

  test('what is appended together stands or falls each by itself, and stands when it is told', async () => {
    const at = (chain: string, seq: number) => {
      const each = entry('intent', `r1/${seq}`, { credential: chain });
      return sink.append({ seq, prev: genesis, hash: 'a hash', entry: each }, seq - 1);
    };
    const reader = new DatabaseSync(join(folder, 'audit.db'));
    const stands = () => Number(reader.prepare('SELECT count(*) AS count FROM records').get()?.count);
    const first = at('a', 1).then(stands);
    const told = await Promise.all([at('b', 2), at('a', 2), at('a', 2), at('c', 1), first]);
    expect(told).toEqual([false, true, false, true, 3]);
    reader.close();
  });

  test('where another holds the lock each is told so, and nothing stands', async () => {
    const holder = new DatabaseSync(join(folder, 'audit.db'));
    holder.exec('BEGIN IMMEDIATE');
    const told = await Promise.allSettled(
      ['a', 'b'].map((chain) => appendEntry(sink, entry('intent', 'x', { credential: chain }))),
    );
    expect(told.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    holder.exec('ROLLBACK');
    holder.close();
    expect(await sink.credentials()).toEqual([]);
    expect((await rotation()).length).toBe(5);
  });

  test('only its owner can read its files', async () => {
    await rotation();
    for (const suffix of ['', '-wal', '-shm']) {
      expect(statSync(join(folder, `audit.db${suffix}`)).mode & 0o777, suffix).toBe(0o600);
    }
  });

  test('a newer schema, another program’s database and no database are refused clearly', async () => {
    const file = join(folder, 'newer.db');
    await (await connector.open(file)).close();
    const newer = new DatabaseSync(file);
    newer.exec('PRAGMA user_version = 2');
    newer.close();
    await expect(connector.open(file)).rejects.toMatchObject({
      kind: 'invalid',
      message: expect.stringMatching(/newer\.db has schema 2/),
    });
    const foreign = join(folder, 'foreign.db');
    const other = new DatabaseSync(foreign);
    other.exec('CREATE TABLE notes (text TEXT)');
    other.close();
    await expect(connector.open(foreign)).rejects.toMatchObject({
      kind: 'invalid',
      message: expect.stringMatching(/foreign\.db/),
    });
    const text = join(folder, 'text.db');
    writeFileSync(text, 'this is no database at all'.repeat(100));
    await expect(connector.open(text)).rejects.toMatchObject({
      kind: 'invalid',
      message: expect.stringMatching(/text\.db/),
    });
    expect(readFileSync(text, 'utf8')).toContain('no database at all');
  });

  test('processes that start and append together make one whole chain, and warn of nothing', async () => {
    const file = join(folder, 'new/shared.db');
    const child = fileURLToPath(new URL('./audit-chain.child.ts', import.meta.url));
    const runs = ['one', 'two', 'three'].map(async (by) => {
      const run = spawn(process.execPath, [child, `sqlite:${file}`, credential, by, '25'], {
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let stderr = '';
      run.stderr.on('data', (chunk) => {
        stderr += chunk;
      });
      const [status] = await once(run, 'close');
      return { status, stderr };
    });
    for (const run of await Promise.all(runs)) expect(run).toEqual({ status: 0, stderr: '' });
    const shared = await connector.open(file);
    expect(await verifyChain(await shared.read(credential))).toMatchObject({ ok: true, entries: 75 });
    await shared.close();
  });
});

function forwarding(to: AuditSink): AuditSink {
  return {
    append: (record, expectedSeq) => to.append(record, expectedSeq),
    read: (of, fromSeq) => to.read(of, fromSeq),
    last: (of) => to.last(of),
    credentials: () => to.credentials(),
    close: () => to.close(),
  };
}
