import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { type Place, placeOf } from '../../connectors/vaults/file/config.ts';
import { type Content, readDocument, writeDocument } from '../../connectors/vaults/file/document.ts';
import { connector } from '../../connectors/vaults/file/index.ts';
import { seal, unseal } from '../../connectors/vaults/file/sealing.ts';
import type { KeyRing } from '../../contract/index.ts';
import { memoryKeyRing } from '../support/context.ts';
import { assertNoCanary, canary, refusal } from './support/canary.ts';
import { fuzz } from './support/fuzz.ts';
import { edited, edits, garbage, sameBytes } from './support/mutations.ts';

const configOf = (secret: string) => connector.schema.parse({ vault: 'file', secret }) as Parameters<typeof placeOf>[0];
const placeNamed = (secret: string): Place => placeOf(configOf(secret), '/nowhere');
const orders = placeNamed('orders/db');
const mail = placeNamed('mail/db');

let keys: KeyRing;
let content: Content;
let text: string;
let ofMail: string;

beforeAll(async () => {
  keys = memoryKeyRing();
  await keys.current('seal');
  content = await contentOf(orders);
  text = await writeDocument(keys, content);
  ofMail = await writeDocument(keys, await contentOf(mail));
});

const textOf = (place: Place, id: string) => `${canary} of ${place.secret} ${id}`;

async function contentOf({ secret, ...place }: Place): Promise<Content> {
  const ids = ['1-00aa', '2-00bb', '3-00cc'];
  const version = async (id: string) => ({
    id,
    createdAt: '2026-03-01T00:00:00.000Z',
    value: await seal(keys, textOf({ secret, ...place }, id), { secret, part: id }),
  });
  const labels = { current: '2-00bb', pending: '3-00cc', previous: '1-00aa' };
  return { schema: 1, secret, revision: 4, made: 3, labels, versions: await Promise.all(ids.map(version)) };
}

/** What a reader would be given; of any other version or secret, it fails. */
async function current(document: string, place: Place, ring = keys): Promise<string> {
  const { labels, versions } = await readDocument(ring, document, place);
  const version = versions.find(({ id }) => id === labels.current);
  return unseal(ring, version?.value ?? '', { secret: place.secret, part: version?.id ?? '' }, place.file);
}

async function assertDamaged(document: string, place = orders, ring = keys): Promise<void> {
  expect((await refusal(() => current(document, place, ring))).kind).toBe('invalid');
}

test('the untouched documents give their own values and show none', async () => {
  expect(await current(text, orders)).toBe(textOf(orders, '2-00bb'));
  expect(await current(ofMail, mail)).toBe(textOf(mail, '2-00bb'));
  assertNoCanary(text, 'the document');
});

const piece = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc.constantFrom('{', '}', '"', ',', '\u0000', canary, 'null', '1e999', '"__proto__":1,'),
);
/** JSON with other spaces around it says the same. */
const saysTheSame = (document: string) => {
  try {
    const [{ seal: one, ...found }, { seal: other, ...written }] = [JSON.parse(document), JSON.parse(text)];
    return JSON.stringify(found) === JSON.stringify(written) && sameBytes(one, other);
  } catch {
    return false;
  }
};

fuzz(
  'a document with values changed, taken out, put in or doubled',
  edits(fc.oneof(garbage, fc.constantFrom<unknown>('1-00aa', '2-00bb', '3-00cc', 'mail/db', 1, 2))),
  async (all) => {
    const document = JSON.stringify(edited(JSON.parse(text), all)) ?? '';
    fc.pre(!saysTheSame(document));
    await assertDamaged(document);
  },
  0.4,
);

fuzz(
  'a cut off, flipped or overwritten text',
  fc.tuple(fc.nat(), fc.constantFrom('cut', 'flip', 'write'), piece),
  async ([pick, how, put]) => {
    const at = pick % text.length;
    const code = text.charCodeAt(at) ^ (1 << (pick % 7));
    const document =
      how === 'cut'
        ? text.slice(0, at)
        : text.slice(0, at) +
          (how === 'flip' ? String.fromCharCode(code) : put) +
          text.slice(at + Math.max(1, how === 'flip' ? 1 : put.length));
    fc.pre(!saysTheSame(document));
    await assertDamaged(document);
  },
  0.4,
);

const fields = fc.subarray(['secret', 'revision', 'made', 'labels', 'versions', 'seal'] as const, { minLength: 1 });

fuzz(
  'parts of another secret’s document',
  fc.tuple(fields, fc.boolean()),
  async ([taken, isSelf]) => {
    const [own, other] = [JSON.parse(text), JSON.parse(ofMail)];
    for (const field of taken) own[field] = other[field];
    const document = JSON.stringify(own);
    fc.pre(!saysTheSame(document) && document !== JSON.stringify(other));
    await assertDamaged(document, isSelf ? orders : mail);
    await assertDamaged(ofMail, orders);
  },
  0.1,
);

const ids = fc.constantFrom('1-00aa', '2-00bb', '3-00cc');

fuzz(
  'a value put in the place of another version’s or secret’s, and all of it sealed anew',
  fc.tuple(ids, ids, fc.boolean()),
  async ([from, to, isMail]) => {
    fc.pre(isMail || from !== to);
    const { versions } = isMail ? (JSON.parse(ofMail) as Content) : content;
    const taken = versions.find(({ id }) => id === from)?.value ?? '';
    const moved = content.versions.map((version) => (version.id === to ? { ...version, value: taken } : version));
    const document = await writeDocument(keys, { ...content, labels: { current: to }, versions: moved });
    await assertDamaged(document);
  },
  0.05,
);

fuzz(
  'another ring’s document, and keys of another purpose',
  fc.boolean(),
  async (isForged) => {
    const stranger = memoryKeyRing();
    const forger: KeyRing = { ...stranger, current: () => keys.current('seal') };
    await assertDamaged(await writeDocument(isForged ? forger : stranger, content));
    await assertDamaged(text, orders, stranger);
  },
  0.02,
);

const headers = fc.record({
  alg: fc.constantFrom('dir', 'none', 'A256KW', 'PBES2-HS256+A128KW'),
  enc: fc.constantFrom('A256GCM', 'A128GCM', 'A256CBC-HS512'),
  kid: fc.constantFrom<unknown>('file-vault-1', 'seal-1', null, canary.length),
  zip: fc.constantFrom(undefined, 'DEF'),
  crit: fc.constantFrom(undefined, ['secret'], []),
});

fuzz(
  'a header that says something else',
  fc.tuple(headers, fc.uint8Array({ maxLength: 40 })),
  async ([header, end]) => {
    const forged = [Buffer.from(JSON.stringify(header)), '', randomBytes(12), end, randomBytes(16)];
    const jwe = forged.map((part) => Buffer.from(part).toString('base64url')).join('.');
    await assertDamaged(JSON.stringify({ ...JSON.parse(text), seal: jwe }));
  },
  0.1,
);
