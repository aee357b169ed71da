import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { beforeEach, expect, test } from 'vitest';
import { exitCodes } from '../../cli/exit-codes.ts';
import { appendEntry } from '../../connectors/audit/chain.ts';
import { keyRingFile, openKeyRing } from '../../connectors/keyrings/file/index.ts';
import { loadAudit } from '../../connectors/load.ts';
import type { AuditEntry } from '../../contract/index.ts';
import { CommandLine } from './command-line.ts';

const id = 'demo/one';
let line: CommandLine;

/** Two chains: one of a rotation that ended, one with an intent that has no result. */
beforeEach(async () => {
  line = CommandLine.forTest();
  const signer = await openKeyRing(keyRingFile(line.home), { create: true });
  const sink = await (await loadAudit('sqlite')).open(join(line.home, 'audit.db'));
  const entry = (given: Partial<AuditEntry>): AuditEntry => ({
    credential: id,
    rotation: 'r1',
    at: '2026-01-02T03:04:05.000Z',
    kind: 'intent',
    effect: 'r1/write/main',
    verb: 'write',
    ...given,
  });
  await appendEntry(sink, entry({}));
  await appendEntry(sink, entry({ kind: 'result', outcome: 'done' }));
  await appendEntry(sink, entry({ kind: 'close', effect: 'r1/close', verb: 'close' }), { signer });
  await appendEntry(sink, entry({ credential: 'demo/two' }));
  await sink.close();
});

/** As somebody with the file in their hands would: the triggers keep out honest mistakes only. */
function tamper(sql: string): void {
  const database = new DatabaseSync(join(line.home, 'audit.db'));
  const triggers = database.prepare("select name from sqlite_schema where type = 'trigger'").all();
  for (const { name } of triggers) database.exec(`drop trigger ${name}`);
  database.exec(sql);
  database.close();
}

test('whole chains: entries, closes, heads and what is open', async () => {
  const { code, json } = await line.run(['audit', 'verify', '--json']);
  expect(code).toBe(exitCodes.ok);
  expect(json).toMatchObject({
    ok: true,
    signatures: 'verified',
    chains: [
      { credential: id, ok: true, entries: 3, closes: [{ seq: 3, signature: 'verified' }], open: [] },
      { credential: 'demo/two', ok: true, entries: 1, open: [{ seq: 1, verb: 'write' }] },
    ],
  });
  const { stdout } = await line.run(['audit', 'verify', 'demo/two']);
  expect(stdout).toContain('open: write at 1');
});

test('an altered entry is found, and where', async () => {
  tamper(`update records set entry = replace(entry, '"done"', '"failed"') where seq = 2`);
  const { code, stdout } = await line.run(['audit', 'verify']);
  expect(code).toBe(exitCodes.unexpected);
  expect(stdout).toMatch(/BROKEN +demo\/one\n +at 2: /);
  expect(stdout).toMatch(/ok +demo\/two/);
});

test('a cut end is found with a known head, and not without', async () => {
  const { json } = await line.run(['audit', 'verify', id, '--json']);
  const [{ head }] = json.chains as [{ head: { seq: number; hash: string } }];
  const known = ['audit', 'verify', id, '--head', `${head.seq}:${head.hash}`];
  expect((await line.run(known)).code).toBe(exitCodes.ok);
  tamper(`delete from records where seq = 3`);
  expect((await line.run(['audit', 'verify', id])).code).toBe(exitCodes.ok);
  const cut = await line.run(known);
  expect(cut.code).toBe(exitCodes.unexpected);
  expect(cut.stdout).toContain('cut');
});

test('a chain that is gone whole is found with a known head', async () => {
  tamper(`delete from records where credential = '${id}'`);
  const { code } = await line.run(['audit', 'verify', id, '--head', `3:${'a'.repeat(64)}`]);
  expect(code).toBe(exitCodes.unexpected);
});

test('a chain that was put under another name is found', async () => {
  tamper(`update records set credential = 'demo/three' where credential = 'demo/two'`);
  const { code, stdout } = await line.run(['audit', 'verify', 'demo/three']);
  expect(code).toBe(exitCodes.unexpected);
  expect(stdout).toContain('BROKEN');
});

test('a head is of one chain', async () => {
  const { code } = await line.run(['audit', 'verify', '--head', `3:${'a'.repeat(64)}`]);
  expect(code).toBe(exitCodes.usage);
});

test('without the key ring it says that signatures were not checked', async () => {
  rmSync(keyRingFile(line.home));
  const { code, stdout } = await line.run(['audit', 'verify']);
  expect(code).toBe(exitCodes.ok);
  expect(stdout).toContain('Signatures were not checked');
});

test('a credential that the audit does not know', async () => {
  expect((await line.run(['audit', 'verify', 'demo/none'])).code).toBe(exitCodes.usage);
  expect((await line.run(['audit', 'export', 'demo/none'])).code).toBe(exitCodes.usage);
});

test('an audit that is not there is not made', async () => {
  const { code, stderr } = await line.run(['audit', 'verify', '--audit', 'sqlite:nowhere.db']);
  expect(code).toBe(exitCodes.usage);
  expect(stderr).toContain('nowhere.db');
  expect((await line.run(['audit', 'verify', '--audit', 'sqlite:nowhere.db'])).code).toBe(exitCodes.usage);
});

test('the export is one record a line, and can be verified by itself', async () => {
  const { stdout } = await line.run(['audit', 'export']);
  const records = stdout
    .trimEnd()
    .split('\n')
    .map((text) => JSON.parse(text));
  expect(records.map(({ seq, entry }) => `${entry.credential} ${seq}`)).toEqual([
    'demo/one 1',
    'demo/one 2',
    'demo/one 3',
    'demo/two 1',
  ]);
  expect(records[2]).toMatchObject({ prev: records[1].hash, signature: expect.any(String) });
});

test('an export into a file is for its owner alone, and never over another file', async () => {
  const file = join(line.folder, 'audit.jsonl');
  const first = await line.run(['audit', 'export', id, '--out', file, '--json']);
  expect(first.json).toEqual({ file, entries: 3, credentials: 1 });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const before = readFileSync(file, 'utf8');
  const second = await line.run(['audit', 'export', '--out', file]);
  expect(second.code).toBe(exitCodes.usage);
  expect(readFileSync(file, 'utf8')).toBe(before);
});

test('as CSV each record is a line under the documented header', async () => {
  const { stdout } = await line.run(['audit', 'export', '--format', 'csv']);
  const [head, ...rows] = stdout.split('\r\n');
  const handbook = readFileSync(new URL('../../docs/audit.md', import.meta.url), 'utf8');
  expect(handbook).toContain(`\n${head}\n`);
  expect(rows.slice(0, -1).map((row) => row.split(',').slice(0, 6).join(' '))).toEqual([
    'demo/one 1 2026-01-02T03:04:05.000Z intent r1 write',
    'demo/one 2 2026-01-02T03:04:05.000Z result r1 write',
    'demo/one 3 2026-01-02T03:04:05.000Z close r1 close',
    'demo/two 1 2026-01-02T03:04:05.000Z intent r1 write',
  ]);
  const file = join(line.folder, 'audit.csv');
  const { json } = await line.run(['audit', 'export', '--format', 'csv', '--out', file, '--json']);
  expect({ json, text: readFileSync(file, 'utf8') }).toEqual({
    json: { file, entries: 4, credentials: 2 },
    text: stdout,
  });
});

test('a bundle is checked where there is nothing else, against a key and a head that are known', async () => {
  const file = join(line.folder, 'bundle.json');
  const made = await line.run(['audit', 'bundle', id, '--out', file, '--json']);
  expect(made).toMatchObject({ code: exitCodes.ok, json: { file, rotation: 'r1', records: 3 } });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const head = made.json.head as { seq: number; hash: string };

  const elsewhere = CommandLine.forTest();
  const check = (...args: string[]) => elsewhere.run(['audit', 'verify', '--bundle', file, ...args, '--json']);
  const { code, json } = await check('--head', `${head.seq}:${head.hash}`);
  const close = 'verified';
  expect({ code, json }).toMatchObject({
    code: exitCodes.ok,
    json: { ok: true, credential: id, records: 3, close, head },
  });
  const key = String(made.json.signedBy);
  expect(await check('--key', key)).toMatchObject({ code: exitCodes.ok });
  expect(await check('--key', 'another')).toMatchObject({ code: exitCodes.unexpected, json: { ok: false } });
  expect(await check('--head', `2:${'a'.repeat(64)}`)).toMatchObject({ code: exitCodes.unexpected });
  const { stdout } = await elsewhere.run(['audit', 'verify', '--bundle', file]);
  expect(stdout).toContain(`signed by the key ${key}; whose that is you have to know`);

  writeFileSync(file, readFileSync(file, 'utf8').replace('"done"', '"failed"'));
  expect(await check()).toMatchObject({ code: exitCodes.unexpected, json: { ok: false } });
  writeFileSync(file, 'no bundle');
  expect(await check()).toMatchObject({ code: exitCodes.unexpected, json: { ok: false } });
});

test('no bundle is made of what is broken or unknown, nor over another file', async () => {
  const file = join(line.folder, 'bundle.json');
  const bundle = (...args: string[]) => line.run(['audit', 'bundle', ...args, '--out', file]);
  expect(await bundle('demo/none')).toMatchObject({ code: exitCodes.usage });
  expect(await bundle(id, '--rotation', 'r9')).toMatchObject({
    code: exitCodes.usage,
    stderr: expect.stringContaining('the last that the audit knows: r1'),
  });
  tamper(`update records set entry = replace(entry, '"done"', '"failed"') where seq = 2`);
  expect(await bundle(id)).toMatchObject({ code: exitCodes.refused, stderr: expect.stringContaining('is broken') });
  expect(existsSync(file)).toBe(false);
  writeFileSync(file, 'of somebody');
  expect(await bundle('demo/two')).toMatchObject({ code: exitCodes.usage });
  expect(readFileSync(file, 'utf8')).toBe('of somebody');
});

test.for([
  [id, '--bundle', 'x'],
  ['--bundle', 'x', '--audit', 'sqlite:x'],
  ['--bundle', 'x'],
  ['--key', 'x'],
])('what does not go together is wrong usage: %s', async (args) => {
  expect(await line.run(['audit', 'verify', ...args])).toMatchObject({ code: exitCodes.usage });
});
