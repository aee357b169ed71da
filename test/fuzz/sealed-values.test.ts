import fc from 'fast-check';
import { CompactEncrypt, decodeProtectedHeader, importJWK } from 'jose';
import { beforeAll, expect } from 'vitest';
import { seal, unseal } from '../../activities/seal.ts';
import {
  type Credential,
  type Job,
  type KeyPurpose,
  type KeyRing,
  type KeyValue,
  Secret,
} from '../../contract/index.ts';
import { memoryKeyRing } from '../support/context.ts';
import { assertNoCanary, canary, refusal } from './support/canary.ts';
import { fuzz } from './support/fuzz.ts';
import { garbage, sameBytes } from './support/mutations.ts';

const provider = { type: 'random' };
const targets = [{ name: 'main', vault: 'file', value: 'raw' as const }];
const jobOf = (rotation: string, id: string, declared: Partial<Credential> = {}) =>
  ({ rotation, credential: { id, provider, targets, ...declared } }) as Job;
const job = jobOf('rotation-1', 'production/orders');
const value: KeyValue = { user: new Secret('orders'), password: new Secret(canary) };
const keyId = 'orders/2';

let keys: KeyRing;
let other: KeyRing;
let sealed: string;
beforeAll(async () => {
  keys = await ringWithAllPurposes();
  other = await ringWithAllPurposes();
  sealed = await seal(keys, job, keyId, value);
});

async function ringWithAllPurposes(): Promise<KeyRing> {
  const ring = memoryKeyRing();
  for (const purpose of ['seal', 'file-vault', 'fingerprint'] as const) await ring.current(purpose);
  return ring;
}

/** Refused for good, and in words that give nothing away. */
async function assertRefused(text: unknown, { ring = keys, as = job, key = keyId } = {}): Promise<void> {
  const { kind } = await refusal(() => unseal(ring, as, key, text as string));
  expect(['invalid', 'not-found']).toContain(kind);
}

const text = fc.string({ unit: 'binary', maxLength: 20 }).filter((part) => part.isWellFormed());

fuzz(
  'what was sealed opens for its rotation, credential, declaration and key, and for no other',
  fc.array(text, { minLength: 4, maxLength: 4 }),
  async ([rotation = '', id = '', key = '', password = '']) => {
    const own = jobOf(rotation, id);
    const made = await seal(keys, own, key, { password: new Secret(password + canary) });
    assertNoCanary(made, 'the sealed value');
    expect((await unseal(keys, own, key, made)).password?.reveal()).toBe(password + canary);
    await assertRefused(made, { as: jobOf(`${rotation}'`, id), key });
    await assertRefused(made, { as: jobOf(rotation, `${id}'`), key });
    await assertRefused(made, { as: own, key: `${key}'` });
    await assertRefused(made, { as: jobOf(rotation, id, { provider: { ...provider, option: id } }), key });
    await assertRefused(made, { as: jobOf(rotation, id, { targets: [...targets, ...targets] }), key });
    await assertRefused(made, { as: jobOf(`${id}/`, rotation), key });
    await assertRefused(made, { as: own, key, ring: other });
  },
  0.1,
);

const bytesOf = (part: string) => Buffer.from(part, 'base64url');

fuzz(
  'one flipped bit is noticed, wherever it is',
  fc.tuple(fc.nat(), fc.nat({ max: 7 })),
  async ([pick, bit]) => {
    const parts = sealed.split('.');
    const filled = parts.flatMap((part, index) => (part === '' ? [] : [index]));
    const index = filled[pick % filled.length] ?? 0;
    const bytes = bytesOf(parts[index] ?? '');
    const at = Math.floor(pick / filled.length) % bytes.length;
    bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
    await assertRefused(parts.with(index, bytes.toString('base64url')).join('.'));
  },
  0.4,
);

const cut = fc.tuple(fc.nat({ max: 2_000 }), fc.nat({ max: 2_000 }), fc.string({ maxLength: 4 }));

fuzz(
  'a part cut out, put in or doubled is noticed',
  fc.tuple(cut, fc.boolean()),
  async ([[from, length, piece], doubles]) => {
    const start = from % sealed.length;
    const taken = doubles ? 0 : (length % (sealed.length - start)) + 1;
    const changed =
      sealed.slice(0, start) +
      (doubles ? sealed.slice(start, start + 1 + (length % 50)) : piece) +
      sealed.slice(start + taken);
    fc.pre(!sameBytes(changed, sealed));
    await assertRefused(changed);
  },
  0.2,
);

fuzz(
  'parts of two sealed values do not go together',
  fc.uniqueArray(fc.nat({ max: 4 }), { minLength: 1, maxLength: 4 }),
  async (taken) => {
    const parts = sealed.split('.');
    const another = (await seal(keys, job, keyId, value)).split('.');
    const mixed = parts.map((part, index) => (taken.includes(index) ? another[index] : part)).join('.');
    fc.pre(mixed !== sealed && mixed !== another.join('.'));
    await assertRefused(mixed);
  },
  0.1,
);

const fields = fc.constantFrom(
  'alg',
  'enc',
  'kid',
  'zip',
  'crit',
  'typ',
  'cty',
  'p2c',
  'epk',
  'jwk',
  'jku',
  'x5u',
  'b64',
  'keyturn_purpose',
  'keyturn_credential',
  'keyturn_declaration',
  'keyturn_rotation',
  'keyturn_key',
  '__proto__',
);
const fieldValues = fc.oneof(
  garbage,
  fc.constantFrom<unknown>(
    'none',
    'A128KW',
    'RSA-OAEP',
    'PBES2-HS256+A128KW',
    'A128GCM',
    'A256CBC-HS512',
    'A192GCM',
    'DEF',
    ['keyturn_key'],
    ['exp'],
  ),
  fc.constantFrom('file-vault-1', 'fingerprint-1', 'sign-1', 'seal-1', '../seal-1', 'rotation-2', 'staging/x'),
);
const edits = fc.array(fc.tuple(fields, fieldValues), { minLength: 1, maxLength: 3 });

fuzz(
  'a header that says something else is noticed',
  edits,
  async (all) => {
    const [head = '', ...rest] = sealed.split('.');
    const before = bytesOf(head).toString();
    const header = Object.fromEntries([...Object.entries(JSON.parse(before)), ...all]);
    fc.pre(JSON.stringify(header) !== before);
    await assertRefused([Buffer.from(JSON.stringify(header)).toString('base64url'), ...rest].join('.'));
  },
  0.2,
);

const purposes = fc.constantFrom<KeyPurpose>('file-vault', 'fingerprint');

fuzz(
  'a key of another purpose or ring seals nothing that opens here',
  fc.tuple(purposes, fc.boolean(), fc.constantFrom('own', 'claimed')),
  async ([purpose, isOther, named]) => {
    const key = await (isOther ? other : keys).current(purpose);
    const kid = named === 'own' ? key.kid : 'seal-1';
    const { alg: _alg, enc: _enc, kid: _kid, ...bound } = decodeProtectedHeader(sealed);
    const forged = await new CompactEncrypt(new TextEncoder().encode('{"password":"forged"}'))
      .setProtectedHeader({
        alg: 'dir',
        enc: 'A256GCM',
        kid,
        ...bound,
      })
      .encrypt(await importJWK(key.jwk, 'A256GCM'));
    await assertRefused(forged);
  },
  0.1,
);

fuzz(
  'what is no sealed value is refused',
  fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(fc.base64String(), { maxLength: 6 }).map((parts) => parts.join('.')),
    garbage,
  ),
  (made) => assertRefused(made),
  0.1,
);
