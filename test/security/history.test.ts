import { CompactEncrypt, importJWK } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hidden, sightings } from '../e2e/support/forms.ts';
import { memoryKeyRing } from '../support/context.ts';
import { credentialOf, type Rotating, readCurrent, startRotating, storeFirst } from '../support/rotating.ts';
import { exportOf, opened, sealedIn } from './support/exported.ts';

/** What can be got out of a whole history, exported as JSON, without the key ring and with it. */

const first = 'the-first-value-of-orders';
const target = { name: 'main', vault: 'file', secret: 'orders/token', value: 'raw' as const };

let rotating: Rotating;
let minted: string;
let exported: string;

beforeAll(async () => {
  rotating = await startRotating();
  await storeFirst(rotating.ctx, target, first);
  const { handle } = await rotating.start(credentialOf({ provider: { type: 'random' }, targets: [target] }));
  expect(await handle.result()).toMatchObject({ outcome: 'rotated' });
  minted = await readCurrent(rotating.ctx, target);
  exported = await exportOf(handle);
});
afterAll(() => rotating?.stop());

describe('without the key ring', () => {
  test('no value stands in the history, in any encoding', () => {
    expect(minted).toMatch(/^\w{32}$/);
    expect(sightings(Buffer.from(exported), [hidden('new', minted), hidden('first', first)])).toEqual([]);
  });

  test('no other key opens a sealed value: not another ring’s, nor those of this ring for other purposes', async () => {
    const sealed = sealedIn(exported);
    expect(sealed.length).toBeGreaterThan(0);
    const others = await Promise.all([
      memoryKeyRing().current('seal'),
      rotating.keys.current('file-vault'),
      rotating.keys.current('fingerprint'),
      rotating.keys.current('sign'),
    ]);
    const keys = others.flatMap(({ jwk }) => [jwk.k, jwk.d, jwk.x]).filter((part) => part !== undefined);
    expect(keys).toHaveLength(5);
    for (const each of sealed) for (const key of keys) expect(await opened(each, key)).toBeUndefined();
  });

  test('what a sealed value says openly is which key sealed it and what it is bound to, and no more', () => {
    for (const sealed of sealedIn(exported)) {
      const header = JSON.parse(Buffer.from(sealed.split('.')[0] ?? '', 'base64url').toString());
      const bound = ['credential', 'declaration', 'key', 'purpose', 'rotation'].map((name) => `keyturn_${name}`);
      expect(Object.keys(header).sort()).toEqual(['alg', 'enc', ...bound, 'kid']);
      expect(header).toMatchObject({ alg: 'dir', enc: 'A256GCM', keyturn_purpose: 'seal' });
    }
  });
});

describe('with the key ring', () => {
  test('accepted: every sealed value opens', async () => {
    const { jwk } = await rotating.keys.current('seal');
    const texts = await Promise.all(sealedIn(exported).map((sealed) => opened(sealed, jwk.k)));
    expect(texts.map((text) => text?.includes(minted))).toEqual(texts.map(() => true));
  });

  test('the search above would have found it: what another purpose’s key seals is seen, and opens with that key', async () => {
    const { jwk } = await rotating.keys.current('file-vault');
    const sealed = await new CompactEncrypt(Buffer.from(minted))
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
      .encrypt(await importJWK(jwk, 'A256GCM'));
    expect(sealedIn(`before ${sealed} after`)).toEqual([sealed]);
    expect(await opened(sealed, jwk.k)).toBe(minted);
    expect(sightings(Buffer.from(`${exported}${encodeURIComponent(minted)}`), [hidden('new', minted)])).not.toEqual([]);
  });
});
