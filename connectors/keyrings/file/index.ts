import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';
import { type KeyPurpose, type KeyRing, KeyturnError, keyPurposes, type RingKey } from '../../../contract/index.ts';
import { createFile, makeFolder, removeLeftovers, replaceFile } from './durable.ts';
import { underLock } from './lock.ts';
import { type Ring, type RingPurpose, readRing, standing } from './ring-file.ts';

/** Where the key ring stands in Keyturn's folder. */
export function keyRingFile(home: string): string {
  return join(home, 'keys.json');
}

/**
 * The key ring in a local file. A key that another process adds is seen at once: each call looks whether the file was
 * replaced.
 * @param options.create makes a ring with a key for each purpose where there is none. Of several processes that do so at the
 *   same time one wins, and all use its ring.
 * @throws KeyturnError `not-found` without a file; `invalid` when group or others can read it, or it is no key ring.
 */
export async function openKeyRing(path: string, options: { create: boolean }): Promise<KeyRing> {
  const file = resolve(path);
  if (options.create && !existsSync(file)) await createRing(file);
  return new FileKeyRing(file);
}

/**
 * Adds a key for the purpose and makes it the current one; earlier keys stay for what they have encrypted or signed.
 * A new fingerprint key gives every stored value another fingerprint.
 */
export async function rotateRingKey(path: string, purpose: KeyPurpose): Promise<RingKey> {
  const file = resolve(path);
  const jwk = await newJwk(purpose);
  await underLock(`${file}.lock`, () => {
    const ring = readRing(file);
    const keys = [...(ring.purposes[purpose]?.keys ?? []), jwk];
    removeLeftovers(file);
    replaceFile(file, ringText({ ...ring.purposes, [purpose]: { current: jwk.kid, keys } as RingPurpose }));
  });
  return { kid: jwk.kid, jwk };
}

async function createRing(file: string): Promise<void> {
  const made = await Promise.all(
    keyPurposes.map(async (purpose) => {
      const jwk = await newJwk(purpose);
      return [purpose, { current: jwk.kid, keys: [jwk] }] as const;
    }),
  );
  makeFolder(dirname(file));
  createFile(file, ringText(Object.fromEntries(made)));
}

function ringText(purposes: Ring['purposes']): string {
  return `${JSON.stringify({ schema: 1, purposes } satisfies Ring, null, 2)}\n`;
}

type Jwk = { kid: string; kty: string; [member: string]: unknown };

async function newJwk(purpose: KeyPurpose): Promise<Jwk> {
  if (purpose === 'sign') {
    const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
    const jwk = await exportJWK(privateKey);
    return { ...jwk, kty: 'OKP', use: 'sig', kid: await calculateJwkThumbprint(jwk) };
  }
  // Random and not a thumbprint, which of a symmetric key would be a hash of the key itself (RFC 7638 section 7).
  const kid = `${purpose}-${randomBytes(6).toString('hex')}`;
  return { kty: 'oct', use: 'enc', kid, k: randomBytes(32).toString('base64url') };
}

class FileKeyRing implements KeyRing {
  readonly #file: string;
  #ring: Ring;
  #standing: string;

  constructor(file: string) {
    this.#file = file;
    this.#standing = standing(file);
    this.#ring = readRing(file);
  }

  async current(purpose: KeyPurpose): Promise<RingKey> {
    const kid = this.#read().purposes[purpose]?.current;
    if (kid === undefined) throw new KeyturnError('not-found', `the key ring ${this.#file} has no ${purpose} key`);
    return this.byId(purpose, kid);
  }

  async byId(purpose: KeyPurpose, kid: string): Promise<RingKey> {
    const keys: readonly Jwk[] = this.#read().purposes[purpose]?.keys ?? [];
    const jwk = keys.find((key) => key.kid === kid);
    if (!jwk) throw new KeyturnError('not-found', `the key ring ${this.#file} has no ${purpose} key ${kid}`);
    return { kid, jwk };
  }

  #read(): Ring {
    const now = standing(this.#file);
    if (now !== this.#standing) {
      this.#ring = readRing(this.#file);
      this.#standing = now;
    }
    return this.#ring;
  }
}
