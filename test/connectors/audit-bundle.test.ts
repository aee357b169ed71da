import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bundle, bundleOf } from '../../connectors/audit/bundle.ts';
import { appendEntry, digestOf, hashOf } from '../../connectors/audit/chain.ts';
import { verifyBundle } from '../../connectors/audit/verify-bundle.ts';
import { keyRingFile, openKeyRing, rotateRingKey } from '../../connectors/keyrings/file/index.ts';
import type { AuditEntry, AuditRecord, AuditSink, KeyRing } from '../../contract/index.ts';
import { edited, edits, garbage, pathsOf } from '../fuzz/support/mutations.ts';

const credential = 'production/orders';
const at = '2026-01-02T03:04:05.678Z';
const homes = [0, 1].map(() => mkdtempSync(join(tmpdir(), 'keyturn-bundle-')));
let keys: KeyRing;
let strangers: KeyRing;
let chain: AuditRecord[];
let signed: Bundle;
let unsigned: Bundle;

beforeAll(async () => {
  [keys, strangers] = (await Promise.all(homes.map((home) => openKeyRing(keyRingFile(home), { create: true })))) as [
    KeyRing,
    KeyRing,
  ];
  chain = await chainOf(keys);
  signed = await bundleOf(chain, { rotation: 'r2', at, keys });
  unsigned = await bundleOf(chain, { rotation: 'r2', at });
});
afterAll(() => {
  for (const home of homes) rmSync(home, { recursive: true });
});

/** Three rotations; in the middle of the second a later reader fills in a result of the first. */
async function chainOf(signer: KeyRing): Promise<AuditRecord[]> {
  const records: AuditRecord[] = [];
  const sink = {
    append: async (record: AuditRecord) => records.push(record) > 0,
    last: async () => records.at(-1),
  } as Pick<AuditSink, 'append' | 'last'> as AuditSink;
  const add = (rotation: string, kind: AuditEntry['kind'], verb: string, more: Partial<AuditEntry> = {}) =>
    appendEntry(sink, { credential, rotation, at, kind, effect: `${rotation}/${verb}`, verb, ...more }, { signer });
  await add('r1', 'intent', 'mint', { subject: 'of the first' });
  await add('r2', 'request', 'request', { by: 'ops', detail: { reason: 'due', n: [1, { deep: 0.1 }] } });
  await add('r1', 'result', 'mint', { outcome: 'unknown', inferred: true });
  await add('r2', 'intent', 'mint', { subject: 'a new key' });
  await add('r2', 'result', 'mint', { outcome: 'done', subject: 'key-2' });
  await add('r2', 'decision', 'proceed', { by: 'ann', detail: { reason: 'tested' } });
  await add('r2', 'intent', 'write', { subject: 'main/key-2' });
  await add('r2', 'close', 'close', { detail: { end: { outcome: 'rotated', newKey: 'key-2' }, evidence: [] } });
  await add('r3', 'request', 'request', { by: 'of the third' });
  return records;
}

const ofFile = (bundle: Bundle) => JSON.parse(JSON.stringify(bundle)) as Bundle;
const headAt = (seq: number) => ({ seq, hash: chain[seq - 1]?.hash ?? '' });

test('a bundle tells its rotation and nothing of the others, and is verified by itself', async () => {
  expect(JSON.stringify(signed)).not.toMatch(/of the (first|third)|"r1"|"r3"/);
  const { d: _private, ...shared } = (await keys.current('sign')).jwk;
  expect(signed.keys).toEqual([shared]);
  expect(signed.summary).toMatchObject({
    end: { outcome: 'rotated' },
    people: [
      { verb: 'request', by: 'ops', detail: { reason: 'due' } },
      { verb: 'proceed', by: 'ann' },
    ],
    effects: [
      { verb: 'mint', subject: 'key-2', outcome: 'done', inferred: false },
      { verb: 'write', subject: 'main/key-2', outcome: 'open', settledAt: null },
    ],
  });
  const found = await verifyBundle(ofFile(signed), { head: headAt(9), key: String(shared.kid) });
  expect(found).toMatchObject({ ok: true, close: 'verified', hidden: 1, head: headAt(9) });
  expect(found).toMatchObject({ signedBy: shared.kid });
  expect(await verifyBundle(ofFile(unsigned))).toMatchObject({ ok: true, signedBy: null, close: 'unchecked' });
});

test('each value altered by itself is noticed, wherever it stands', async () => {
  for (const bundle of [signed, unsigned]) {
    const paths = pathsOf(ofFile(bundle)).filter((path) => path.length > 0);
    expect(paths.length).toBeGreaterThan(80);
    for (const path of paths) {
      const altered = ofFile(bundle);
      const parent = path
        .slice(0, -1)
        .reduce((node, key) => (node as never)[key], altered as never) as unknown as never[];
      const value: unknown = parent[path.at(-1) as never];
      for (const other of othersThan(value)) {
        Object.assign(parent, { [path.at(-1) as never]: other });
        expect(await verifyBundle(altered), path.join('.')).toMatchObject({ ok: false });
      }
      if (!Array.isArray(parent)) delete parent[path.at(-1) as never];
      else parent.splice(Number(path.at(-1)), 1);
      expect(await verifyBundle(altered), path.join('.')).toMatchObject({ ok: false });
    }
  }
});

function othersThan(value: unknown): unknown[] {
  if (typeof value === 'string') return [`${value}x`, value.slice(0, -1), flipped(value), null];
  if (typeof value === 'number') return [value + 1, String(value)];
  if (typeof value === 'boolean') return [!value];
  return value === null ? ['x', {}] : [null, []].filter((other) => JSON.stringify(other) !== JSON.stringify(value));
}

/** The last character another one: of base64, one that may stand for the same bytes. */
const flipped = (text: string) => text.slice(0, -1) + String.fromCharCode((text.at(-1) ?? 'a').charCodeAt(0) ^ 1);

test('whatever is altered, anywhere, is noticed', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom('signed', 'unsigned'), edits(), async (which, all) => {
      const whole = ofFile(which === 'signed' ? signed : unsigned);
      const altered = edited(whole, all);
      fc.pre(JSON.stringify(altered) !== JSON.stringify(whole));
      expect(await verifyBundle(altered)).toMatchObject({ ok: false });
    }),
    { numRuns: 3_000 },
  );
});

test('what is no bundle at all is noticed, and nothing is thrown', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(garbage, fc.record({ schema: fc.constant(signed.schema), records: garbage })),
      async (given) => {
        expect(await verifyBundle(given)).toMatchObject({ ok: false });
      },
    ),
    { numRuns: 300 },
  );
});

/** As somebody makes it anew who has no key: all hashes are right again. */
function forged(change: (bundle: Bundle) => void): Bundle {
  const { hash: _hash, signature: _signature, ...content } = ofFile(unsigned);
  change(content as Bundle);
  return { ...content, hash: digestOf(content) };
}

test('what was made anew without the key is noticed by a known key, and what it alters by a known head', async () => {
  const other = forged((bundle) => {
    const [record] = bundle.records as [AuditRecord];
    Object.assign(record.entry, { by: 'somebody else' });
    Object.assign(record, { hash: hashOf(record) });
    Object.assign(bundle.chain, { [record.seq - 1]: record.hash });
    Object.assign(bundle.summary.people[0] ?? {}, { by: 'somebody else' });
  });
  expect(await verifyBundle(other)).toMatchObject({ ok: true, signedBy: null });
  expect(await verifyBundle(other, { head: headAt(2) })).toMatchObject({ ok: false, seq: 2 });
  const { kid } = await keys.current('sign');
  expect(await verifyBundle(other, { key: kid })).toMatchObject({ ok: false });
  const theirs = await bundleOf(await chainOf(strangers), { rotation: 'r2', at, keys: strangers });
  expect(await verifyBundle(ofFile(theirs))).toMatchObject({ ok: true });
  expect(await verifyBundle(ofFile(theirs), { key: kid })).toMatchObject({ ok: false });
});

test('a key that is put under another one’s name is noticed', async () => {
  const [own] = signed.keys;
  const { kid: _own, ...foreign } = (await strangers.current('sign')).jwk;
  const { d: _private, ...shared } = foreign as Record<string, unknown>;
  const swapped = forged((bundle) => Object.assign(bundle, { keys: [{ ...shared, kid: own?.kid }] }));
  expect(await verifyBundle(swapped)).toMatchObject({ ok: false, problem: expect.stringContaining('thumbprint') });
});

test('a head that the chain never had is noticed, and one behind its end', async () => {
  expect(await verifyBundle(ofFile(signed), { head: { seq: 3, hash: 'a'.repeat(64) } })).toMatchObject({ seq: 3 });
  const behind = await verifyBundle(ofFile(signed), { head: { seq: 10, hash: 'a'.repeat(64) } });
  expect(behind).toMatchObject({ ok: false, seq: 10, problem: expect.stringContaining('make the bundle anew') });
});

test('a key that was replaced since has its public part in the bundle, too', async () => {
  const before = await strangers.current('sign');
  const records = await chainOf(strangers);
  await rotateRingKey(keyRingFile(homes[1] ?? ''), 'sign');
  const bundle = await bundleOf(records, { rotation: 'r2', at, keys: strangers });
  const { kid } = await strangers.current('sign');
  expect(bundle.keys.map((key) => key.kid).sort()).toEqual([before.kid, kid].sort());
  expect(await verifyBundle(ofFile(bundle), { key: kid })).toMatchObject({ ok: true, close: 'verified' });
});
