import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { appendEntry, appendOnce } from '../../connectors/audit/chain.ts';
import { verifyChain } from '../../connectors/audit/verify.ts';
import type { AuditEntry, AuditRecord, AuditSink } from '../../contract/audit.ts';
import type { AuditCase, AuditSetup, Harness } from './harness.ts';

/** Declares the tests of every audit sink for each case of a harness. */
export async function testAudit(name: string, { cases }: Harness<AuditCase>): Promise<void> {
  test(`audit ${name} has a case`, () => expect(cases.length).toBeGreaterThan(0));
  for (const one of cases) {
    const reason = await one.skip?.();
    const title = `audit ${name}: ${one.name}${reason ? ` (skipped: ${reason})` : ''}`;
    describe.skipIf(reason)(title, () => conformance(one));
  }
}

const credential = 'production/orders/DATABASE_URL';

function entry(effect: string, more: Partial<AuditEntry> = {}): AuditEntry {
  const at = '2026-01-02T03:04:05.678Z';
  return { credential, rotation: 'rotation-1', at, kind: 'intent', effect, verb: 'mint', ...more };
}

/** A record in its place; what the hashes are is not the sink's business. */
function record(seq: number, more: Partial<AuditEntry> = {}): AuditRecord {
  return { seq, prev: `prev-${seq}`, hash: `hash-${seq}`, entry: entry(`effect-${seq}`, more) };
}

function conformance(one: AuditCase): void {
  let s: AuditSetup;
  let sink: AuditSink;
  beforeEach(async () => {
    s = await one.setUp();
    sink = s.sink;
  });
  afterEach(() => s.tearDown());

  test('an empty store holds nothing', async () => {
    expect(await sink.read(credential)).toEqual([]);
    expect(await sink.last(credential)).toBeUndefined();
    expect(await sink.credentials()).toEqual([]);
  });

  test('gives records back as they were appended, in order, from any place', async () => {
    const detail = { text: 'ü 漢字 🔑 "\\\n', number: -1.5e21, nested: [{ a: null }, true] };
    const records = [
      record(1, { detail, by: 'ada' }),
      record(2, { kind: 'result', outcome: 'done', inferred: true }),
      { ...record(3, { kind: 'close' }), signature: 'header..signature' },
    ];
    for (const [index, each] of records.entries()) expect(await sink.append(each, index)).toBe(true);
    expect(await sink.read(credential)).toEqual(records);
    expect(await sink.read(credential, 2)).toEqual(records.slice(1));
    expect(await sink.read(credential, 4)).toEqual([]);
    expect(await sink.last(credential)).toEqual(records[2]);
  });

  test('appends only behind what was expected', async () => {
    expect(await sink.append(record(2), 1)).toBe(false);
    expect(await sink.append(record(1), 0)).toBe(true);
    expect(await sink.append(record(1), 0)).toBe(false);
    expect(await sink.append(record(3), 2)).toBe(false);
    expect(await sink.append(record(2), 1)).toBe(true);
    expect((await sink.read(credential)).map(({ seq }) => seq)).toEqual([1, 2]);
  });

  test('refuses a record that cannot stand behind the expected one', async () => {
    await expect(sink.append(record(5), 0)).rejects.toMatchObject({ kind: 'invalid' });
    expect(await sink.read(credential)).toEqual([]);
  });

  test('keeps a chain for each credential', async () => {
    const other = record(1, { credential: 'staging/a' });
    await sink.append(record(1), 0);
    expect(await sink.append(other, 0)).toBe(true);
    expect(await sink.read('staging/a')).toEqual([other]);
    expect(await sink.credentials()).toEqual([credential, 'staging/a']);
  });

  test('another process sees it, and it survives closing', async () => {
    const again = await s.reopen();
    await sink.append(record(1), 0);
    expect(await again.read(credential)).toEqual([record(1)]);
    expect(await again.append(record(2), 1)).toBe(true);
    await Promise.all([sink.close(), again.close()]);
    expect(await (await s.reopen()).last(credential)).toEqual(record(2));
  });

  test('can be closed twice', async () => {
    await sink.close();
    await sink.close();
  });

  test('of two appends to one place exactly one is taken', async () => {
    const again = await s.reopen();
    const taken = await Promise.all([
      sink.append(record(1, { by: 'one' }), 0),
      again.append(record(1, { by: 'two' }), 0),
    ]);
    expect(taken.filter(Boolean)).toHaveLength(1);
    expect(await sink.read(credential)).toHaveLength(1);
  });

  test('writers that contend make one whole chain', async () => {
    const sinks = [sink, await s.reopen(), await s.reopen()];
    await Promise.all(
      Array.from({ length: 30 }, (_, index) => appendEntry(sinks[index % 3] ?? sink, entry(`effect-${index}`))),
    );
    expect(await verifyChain(await sink.read(credential))).toMatchObject({ ok: true, entries: 30 });
  });

  test('what several append once stands there once', async () => {
    const sinks = [sink, await s.reopen(), await s.reopen()];
    const records = await Promise.all(sinks.map((each) => appendOnce(each, entry('only'))));
    expect(new Set(records.map(({ hash }) => hash)).size).toBe(1);
    expect(await sink.read(credential)).toHaveLength(1);
  });
}
