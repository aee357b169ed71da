import { createHmac, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context, KeyPurpose, KeyRing, RingKey, Secret, SecretRef } from '../../contract/index.ts';
import { KeyturnError } from '../../contract/index.ts';

/** A key ring in memory, fresh for each call. */
export function memoryKeyRing(): KeyRing {
  const made = new Map<KeyPurpose, RingKey>();
  const current = async (purpose: KeyPurpose): Promise<RingKey> => {
    const known = made.get(purpose);
    if (known) return known;
    const key = { kid: `${purpose}-1`, jwk: { kty: 'oct', k: randomBytes(32).toString('base64url') } };
    made.set(purpose, key);
    return key;
  };
  return {
    current,
    async byId(purpose, kid) {
      const key = made.get(purpose);
      if (key?.kid !== kid) throw new KeyturnError('not-found', `the ring has no ${purpose} key ${kid}`);
      return key;
    },
  };
}

const pepper = randomBytes(32);

/** A context for connector tests: real clock, references looked up in `secrets` by their JSON text. */
export function testContext(
  options: { secrets?: Record<string, Secret>; keys?: KeyRing; home?: string } = {},
): Context {
  return {
    credential: 'test/credential',
    rotation: 'test-rotation',
    now: () => Date.now(),
    random: (bytes) => randomBytes(bytes),
    sleep: (ms) => sleep(ms),
    heartbeat: () => {},
    cancelled: new AbortController().signal,
    resolve: async (ref: SecretRef) => {
      const found = options.secrets?.[JSON.stringify(ref)];
      if (!found) throw new KeyturnError('invalid', `nothing at ${JSON.stringify(ref)}`);
      return found;
    },
    fingerprint: async (value) => createHmac('sha256', pepper).update(value.reveal()).digest('base64url').slice(0, 16),
    keys: options.keys ?? memoryKeyRing(),
    home: options.home ?? '/nonexistent',
    log: { debug: () => {}, info: () => {}, warn: () => {} },
  };
}
