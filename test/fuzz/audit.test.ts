import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { appendEntry, genesis, hashOf } from '../../connectors/audit/chain.ts';
import { type VerifyOptions, verifyChain } from '../../connectors/audit/verify.ts';
import type { AuditEntry, AuditRecord, AuditSink, KeyRing } from '../../contract/index.ts';

import { fuzz } from './support/fuzz.ts';
import { edited, edits, garbage } from './support/mutations.ts';
import { signingRing } from './support/signing-ring.ts';

const rotations = 3;
const close = 6;
let keys: KeyRing;
let chain: AuditRecord[];
let another: AuditRecord[];
let head: { seq: number; hash: string };

beforeAll(async () => {
  keys = await signingRing();
  chain = await chainOf('production/orders');
  another = await chainOf('production/mail');
  head = headOf(chain);
});

const headOf = (records: readonly AuditRecord[]) => ({ seq: records.length, hash: records.at(-1)?.hash ?? '' });

/** Each rotation: a request, intent and result of a mint and of a write, and a signed close. */
async function chainOf(credential: string): Promise<AuditRecord[]> {
  const records: AuditRecord[] = [];
  const sink = {
    append: async (record: AuditRecord) => records.push(record) > 0,
    last: async () => records.at(-1),
    read: async (_credential: string, from = 1) => records.slice(from - 1),
  } as Pick<AuditSink, 'append' | 'last' | 'read'> as AuditSink;
  for (let number = 1; number <= rotations; number += 1) {
    const rotation = `r${number}`;
    const add = (kind: AuditEntry['kind'], verb: string, more: Partial<AuditEntry> = {}) =>
      appendEntry(
        sink,
        { credential, rotation, at: '2026-01-02T03:04:05.678Z', kind, effect: `${rotation}/${verb}`, verb, ...more },
        { signer: keys },
      );
    await add('request', 'request', { by: 'ops', detail: { reason: 'due', n: [1, { deep: 0.1 }] } });
    await add('intent', 'mint', { subject: 'a new key' });
    await add('result', 'mint', { outcome: 'done', subject: 'key-2' });
    await add('intent', 'write', { subject: 'main' });
    await add('result', 'write', { outcome: 'done', subject: 'main', detail: { target: 'main', version: '7' } });
    await add('close', 'close', { detail: { outcome: 'rotated' } });
  }
  return records;
}

const copy = <T>(value: T): T => structuredClone(value);
const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/** Found, and by `latest`: where the chain first differs from the true one. */
async function assertFound(
  records: readonly AuditRecord[],
  { latest, ...options }: VerifyOptions & { latest?: number } = { head, keys },
): Promise<void> {
  const first = chain.findIndex((record, index) => !same(record, records[index]));
  const found = await verifyChain(records, options);
  if (found.ok) return expect.fail(`it was not found; the first difference is in record ${first + 1}`);
  expect(found.seq).toBeGreaterThanOrEqual(1);
  expect(found.seq).toBeLessThanOrEqual(latest ?? (first < 0 ? chain.length : first) + 1);
}

/** Hashes right again, as one makes them who can write the store but has no key. */
function rehashed(records: readonly AuditRecord[]): AuditRecord[] {
  let prev = genesis;
  return records.map((record, index) => {
    const next = { ...record, seq: index + 1, prev };
    prev = hashOf(next);
    return { ...next, hash: prev };
  });
}

test('the untouched chain verifies, with each of its heads', async () => {
  for (const record of chain) {
    const found = await verifyChain(chain, { keys, head: { seq: record.seq, hash: record.hash } });
    expect(found).toMatchObject({ ok: true, head, entries: rotations * close, open: [] });
  }
});

const places = fc.nat({ max: rotations * close - 1 });
const pairs = fc.tuple(places, places).filter(([a, b]) => a !== b);

fuzz(
  'an altered field, anywhere',
  fc.tuple(places, edits()),
  async ([at, all]) => {
    const records = copy(chain).with(at, edited(chain[at], all) as AuditRecord);
    fc.pre(!same(records, chain));
    await assertFound(records);
  },
  0.4,
);

fuzz(
  'an altered entry, with all hashes made right again',
  fc.tuple(places, edits()),
  async ([at, all]) => {
    const record = copy(chain[at]) as AuditRecord;
    const entry = edited(record.entry, all) as AuditEntry;
    fc.pre(!same(entry, record.entry) && isWritable(entry));
    const records = rehashed(copy(chain).with(at, { ...record, entry }));
    await assertFound(records, { head, keys, latest: head.seq });
    // Without a head that is known from elsewhere the next signed close still tells.
    if (entry?.kind === 'close' || at < chain.length - 1) await assertFound(records, { keys, latest: head.seq });
  },
  0.2,
);

/** The forger's own canonical JSON refuses the rest. */
function isWritable(entry: unknown): boolean {
  return JSON.stringify(entry).isWellFormed() && !JSON.stringify(entry).includes('\\ud8');
}

fuzz(
  'records dropped, doubled, put elsewhere or cut off',
  fc.tuple(pairs, fc.constantFrom('drop', 'double', 'swap', 'move', 'cut')),
  async ([[a, b], how]) => {
    const records = copy(chain);
    const [one] = records.slice(a, a + 1) as [AuditRecord];
    if (how === 'drop') records.splice(a, 1);
    else if (how === 'double') records.splice(b, 0, one);
    else if (how === 'swap') records.splice(a, 1, ...records.splice(b, 1, one));
    else if (how === 'move') records.splice(b, 0, ...records.splice(a, 1));
    else records.splice(a);
    await assertFound(records);
    const isTail = same(records, chain.slice(0, records.length));
    if (!isTail) await assertFound(records, {});
    await assertFound(rehashed(records), { head, keys, latest: head.seq });
  },
  0.15,
);

fuzz(
  'records of another credential spliced in',
  pairs,
  async ([a, b]) => {
    const [from, to] = [Math.min(a, b), Math.max(a, b)];
    const spliced = [...chain.slice(0, from), ...another.slice(from, to), ...chain.slice(to)];
    // In a chain that begins as another's the first of its own is the stranger.
    const latest = from === 0 ? to + 1 : from + 1;
    for (const records of [spliced, rehashed(spliced)]) {
      await assertFound(copy(records), { head, keys, latest });
      await assertFound(copy(records), { latest });
    }
  },
  0.1,
);

fuzz(
  'signatures taken from other records, or made up',
  fc.tuple(fc.nat({ max: rotations - 1 }), fc.nat({ max: 2 * rotations - 1 }), garbage, fc.boolean()),
  async ([at, from, made, isMade]) => {
    const signatures = [...chain, ...another].flatMap(({ signature }) => (signature === undefined ? [] : [signature]));
    const place = at * close + close - 1;
    const signature = isMade ? made : signatures[from];
    fc.pre(signature !== chain[place]?.signature);
    await assertFound(copy(chain).with(place, { ...copy(chain[place]), signature } as AuditRecord));
  },
  0.1,
);

const headers = fc.record({
  alg: fc.constantFrom('none', 'HS256', 'EdDSA', 'ES256'),
  kid: fc.constantFrom<unknown>('sign-1', 'seal-1', null, '__proto__'),
  crit: fc.constantFrom<unknown>(undefined, ['b64'], []),
  b64: fc.constantFrom<unknown>(undefined, false),
});

fuzz(
  'a signature whose header says something else',
  fc.tuple(headers, fc.constantFrom('', 'AA', 'own')),
  async ([header, end]) => {
    const last = chain.at(-1) as AuditRecord;
    const signature = last.signature ?? '';
    const forged = `${Buffer.from(JSON.stringify(header)).toString('base64url')}..${end === 'own' ? signature.split('..')[1] : end}`;
    fc.pre(forged !== signature);
    await assertFound([...chain.slice(0, -1), { ...last, signature: forged }]);
  },
  0.05,
);

fuzz(
  'what are no records at all',
  fc.array(garbage, { minLength: 1, maxLength: 4 }),
  (records) => assertFound(records as AuditRecord[]),
  0.05,
);

fuzz(
  'a chain with a head that was never its own',
  fc.tuple(fc.integer({ min: 1, max: 40 }), fc.string()),
  async ([seq, hash]) => {
    fc.pre(chain[seq - 1]?.hash !== hash);
    const found = await verifyChain(chain, { head: { seq, hash } });
    expect(found).toMatchObject({ ok: false, seq: Math.min(seq, chain.length + 1) });
  },
  0.05,
);
