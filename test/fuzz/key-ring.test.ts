import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect } from 'vitest';
import { openKeyRing } from '../../connectors/keyrings/file/index.ts';
import { readRing } from '../../connectors/keyrings/file/ring-file.ts';
import { keyPurposes } from '../../contract/index.ts';
import { canary, outcome, refusal } from './support/canary.ts';
import { fuzz } from './support/fuzz.ts';
import { edited, edits, garbage } from './support/mutations.ts';

interface RingText {
  schema: number;
  purposes: Record<string, { current: string; keys: { kid: string; [member: string]: unknown }[] }>;
}

let folder: string;
let file: string;
let text: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'keyturn-fuzz-ring-'));
  file = join(folder, 'keys.json');
  await openKeyRing(file, { create: true });
  const ring = JSON.parse(readFileSync(file, 'utf8')) as RingText;
  // The key of the file vault is one that would be known again.
  const [key] = ring.purposes['file-vault']?.keys ?? [];
  if (key) key.k = Buffer.from(canary.padEnd(32, '.')).toString('base64url');
  text = JSON.stringify(ring);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A ring that is taken holds, for each purpose, what stands in the file for it and nothing else. */
async function assertRing(changed: string): Promise<void> {
  writeFileSync(file, changed, { mode: 0o600 });
  const result = await outcome(() => readRing(file));
  if ('error' in result) {
    expect(result.error.kind).toBe('invalid');
    return;
  }
  const { purposes } = JSON.parse(changed) as RingText;
  expect(JSON.parse(JSON.stringify(result.value.purposes))).toEqual(purposes);
  const ring = await openKeyRing(file, { create: false });
  for (const purpose of keyPurposes) {
    const declared = purposes[purpose];
    if (!declared) {
      expect((await refusal(() => ring.current(purpose))).kind).toBe('not-found');
      continue;
    }
    const { kid, jwk } = await ring.current(purpose);
    expect(kid).toBe(declared.current);
    expect(jwk).toMatchObject({ kid, kty: purpose === 'sign' ? 'OKP' : 'oct' });
    const strangers = Object.entries(purposes).flatMap(([other, { keys }]) => (other === purpose ? [] : keys));
    for (const stranger of strangers) {
      // A key's name is no secret, also where an edit has put there what is one elsewhere.
      if (declared.keys.some((key) => key.kid === stranger.kid) || stranger.kid.includes(canary)) continue;
      expect((await refusal(() => ring.byId(purpose, stranger.kid))).kind).toBe('not-found');
    }
  }
}

const values = fc.oneof(
  garbage,
  fc.constantFrom<unknown>(canary, 'oct', 'OKP', 'enc', 'sig', 2, 'A'.repeat(43), 'Ed25519'),
);

fuzz(
  'a ring with values changed, taken out, put in or doubled',
  edits(values),
  (all) => assertRing(JSON.stringify(edited(JSON.parse(text), all)) ?? ''),
  0.6,
);

const piece = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc.constantFrom('{', '}', '"', ',', '\u0000', '"__proto__":1,', canary),
);

fuzz(
  'a ring cut off or overwritten',
  fc.tuple(fc.nat(), piece, fc.boolean()),
  async ([pick, put, isCut]) => {
    const at = pick % text.length;
    const changed = text.slice(0, at) + (isCut ? '' : put + text.slice(at + put.length));
    await assertRing(changed);
  },
  0.3,
);

const purposes = fc.constantFrom('seal', 'file-vault', 'fingerprint', 'sign');

fuzz(
  'keys put under another purpose',
  fc.tuple(purposes, purposes),
  async ([from, to]) => {
    const ring = JSON.parse(text) as RingText;
    const [taken, place] = [ring.purposes[from], ring.purposes[to]];
    if (taken && place) ring.purposes[to] = { current: place.current, keys: taken.keys };
    fc.pre(from !== to);
    // `current` names none of them.
    writeFileSync(file, JSON.stringify(ring), { mode: 0o600 });
    expect((await refusal(() => readRing(file))).kind).toBe('invalid');
  },
  0.05,
);

fuzz(
  'what is no ring at all',
  fc.oneof(
    fc.string({ unit: 'binary' }),
    garbage.map((value) => JSON.stringify(value) ?? ''),
  ),
  async (changed) => {
    writeFileSync(file, changed, { mode: 0o600 });
    expect((await refusal(() => readRing(file))).kind).toBe('invalid');
  },
  0.1,
);
