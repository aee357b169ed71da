import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { seal, unseal } from '../../activities/seal.ts';
import { handInBinding, sealFor } from '../../connectors/keyrings/seal.ts';
import { readFileVault } from '../../connectors/vaults/file/index.ts';
import type { Activities, Credential, HandIn, Job, SealedKey } from '../../contract/index.ts';
import { Secret } from '../../contract/index.ts';
import { memoryKeyRing, testContext } from '../support/context.ts';
import { credentialOf, storeFirst } from '../support/rotating.ts';
import { type Called, callable } from './support/activities.ts';
import { startThief, type Thief } from './support/thief.ts';

/** Whoever can write to the namespace can call an activity as they like, with whatever stands in a history. */

const value = 'the-new-password-of-orders';
const adminPassword = 'the-password-of-the-admin';
const key = { id: 'orders/2', state: 'active' as const };
const target = { name: 'main', vault: 'file', secret: 'orders/db', value: 'raw' as const };

let thief: Thief;
let called: Called;
let job: Job;
let chosen: SealedKey;

beforeAll(async () => {
  called = await callable({ env: { ADMIN: `admin:${adminPassword}` } });
});
afterAll(() => called?.stop());

beforeEach(async () => {
  thief = await startThief();
  const { host, port } = thief;
  const provider = { type: 'postgres', host, port, admin: { env: 'ADMIN' }, login: 'orders' };
  job = { rotation: 'rotation-1', credential: credentialOf({ id: 'production/orders', provider, targets: [target] }) };
  const secret = { user: new Secret('orders'), password: new Secret(value) };
  chosen = { key, sealed: await seal(called.keys, job, key.id, secret) };
  return () => thief.close();
});

/** As in the history of a rotation whose declaration was another. */
async function sealedUnder(declared: Partial<Credential>): Promise<SealedKey> {
  const declaring = { ...job, credential: { ...job.credential, ...declared } };
  return { key, sealed: await seal(called.keys, declaring, key.id, { password: new Secret(value) }) };
}

type Call = (job: Job, chosen: SealedKey) => Promise<unknown>;

/** Every activity that opens a sealed value. */
const calls: Record<string, (activities: Activities) => Call> = {
  applyKey: (activities) => (job, chosen) => activities.applyKey({ job, chosen, expected: undefined }),
  proveKey: (activities) => (job, chosen) => activities.proveKey({ job, chosen }),
  writeTarget: (activities) => (job, chosen) => activities.writeTarget({ job, target, chosen, expected: 'v1' }),
};

type Forge = (job: Job, chosen: SealedKey) => [Job, SealedKey] | Promise<[Job, SealedKey]>;

const header = (sealed: string, change: object) => {
  const [first = '', ...rest] = sealed.split('.');
  const changed = { ...JSON.parse(Buffer.from(first, 'base64url').toString()), ...change };
  return [Buffer.from(JSON.stringify(changed)).toString('base64url'), ...rest].join('.');
};

const forgeries: Record<string, Forge> = {
  'of another rotation': (job, chosen) => [{ ...job, rotation: 'rotation-2' }, chosen],
  'of another credential': (job, chosen) => [{ ...job, credential: { ...job.credential, id: 'staging/x' } }, chosen],
  'of another provider': async (job) => [
    job,
    await sealedUnder({ provider: { type: 'postgres', host: 'db.internal' } }),
  ],
  'of other targets': async (job) => [job, await sealedUnder({ targets: [{ ...target, secret: 'orders/old' }] })],
  'of another key': (job, chosen) => [job, { ...chosen, key: { ...key, id: 'orders/3' } }],
  'whose header was changed to fit': (job, { sealed, ...rest }) => [
    { ...job, rotation: 'rotation-2' },
    { ...rest, sealed: header(sealed, { keyturn_rotation: 'rotation-2' }) },
  ],
  'whose header names no encryption': (job, { sealed, ...rest }) => [
    job,
    { ...rest, sealed: header(sealed, { alg: 'none', enc: 'none' }) },
  ],
  'sealed by another ring': async (job, chosen) => [
    job,
    { ...chosen, sealed: await seal(memoryKeyRing(), job, key.id, { password: new Secret(value) }) },
  ],
  'that is none': (job, chosen) => [job, { ...chosen, sealed: 'not a sealed value' }],
};

describe.each(Object.entries(calls))('%s', (_name, from) => {
  test.each(Object.entries(forgeries))('refuses a sealed value %s', async (_what, forge) => {
    const failed = await from(called.activities)(...(await forge(job, chosen))).catch((error: Error) => error);
    expect(failed).toMatchObject({ kind: expect.stringMatching(/^(invalid|not-found)$/) });
    expect(String(failed)).toMatch(/sealed value does not open|has no seal key/);
    expect(String(failed)).not.toContain(value);
    expect(thief.visits()).toBe(0);
    expect(await called.sink.credentials()).toEqual([]);
  });

  test('leaves what a newer worker has sealed to a newer worker', async () => {
    const newer = { ...chosen, sealed: header(chosen.sealed, { crit: ['keyturn_form'], keyturn_form: 2 }) };
    const failed = await from(called.activities)(job, newer).catch((error: Error) => error);
    expect(failed).toMatchObject({ kind: 'transient', message: expect.stringContaining('a newer Keyturn has sealed') });
    expect(thief.visits()).toBe(0);
  });
});

describe('a value that was handed in', () => {
  const id = 'hand-in-1';
  const taking = async (change: Partial<Job>, handedIn: Partial<HandIn> = {}) => {
    const sealed = await sealFor(called.keys, handInBinding(job.credential, id), { password: new Secret(value) });
    const given = { job: { ...job, ...change }, handedIn: { id, by: 'ada', sealed, ...handedIn }, untold: true };
    return called.activities.takeIn(given);
  };

  test.each<[string, () => Promise<unknown>]>([
    ['under another id', () => taking({}, { id: 'hand-in-2' })],
    ['for another credential', () => taking({ credential: { ...job.credential, id: 'staging/x' } })],
    [
      'for other targets',
      () => taking({ credential: { ...job.credential, targets: [{ ...target, secret: 'theirs' }] } }),
    ],
    ['but was minted or chosen', () => taking({}, { sealed: chosen.sealed })],
  ])('is refused %s', async (_what, take) => {
    await expect(take()).rejects.toThrow('sealed value does not open: it is bound to another');
    expect(thief.visits()).toBe(0);
  });

  test('is not put into use again by another rotation', async () => {
    const { credential } = job;
    const detail = { request: id, keyId: key.id };
    const entries = [
      { at: new Date().toISOString(), kind: 'decision' as const, id: 'handIn/0', verb: 'handIn', by: 'ada', detail },
    ];
    await called.activities.recordDecisions({ job: { credential, rotation: 'rotation-0' }, entries });
    await expect(taking({})).rejects.toThrow('was handed in before, to the rotation rotation-0');
  });
});

// The target comes beside the declaration: `writeTarget` has to name it when it opens the value.
test('a sealed value is not written into a target that its credential does not declare', async () => {
  const elsewhere = { ...target, secret: 'theirs', value: 'url' as const };
  const ctx = testContext({ home: called.home, keys: called.keys });
  await storeFirst(ctx, elsewhere, 'postgres://orders:theirs@db.internal/orders');
  const held = await readFileVault({ home: called.home, secret: elsewhere.secret });
  const given = { job, target: elsewhere, chosen, expected: held.version };
  await expect(called.activities.writeTarget(given)).rejects.toThrow('declares no such target');
});

test('what is sealed for another purpose does not open, although the ring has its key', async () => {
  for (const purpose of ['file-vault', 'fingerprint'] as const) {
    const ring = { ...called.keys, current: () => called.keys.current(purpose) };
    const sealed = await seal(ring, job, key.id, { password: new Secret(value) });
    await expect(unseal(called.keys, job, key.id, sealed)).rejects.toThrow('has no seal key');
  }
});

/** What Keyturn does not prevent, as SECURITY.md says. Whoever mends one of these changes that page with it. */
describe('whoever has an activity work for a provider of their own', () => {
  test('is told only what was sealed for that provider: the refusals above are no accident', async () => {
    await called.activities.proveKey({ job, chosen }).catch(() => {});
    expect(thief.heard).toEqual([value]);
  });

  test('accepted: is told what a reference names', async () => {
    await called.activities.inspectProvider({ job, held: [] }).catch(() => {});
    expect(thief.heard).toEqual([adminPassword]);
  });

  test('reads neither in the error, which is what goes into the history', async () => {
    const failed = await Promise.all([
      called.activities.proveKey({ job, chosen }).catch(String),
      called.activities.inspectProvider({ job, held: [] }).catch(String),
    ]);
    expect(failed.join()).toMatch(/provider postgres: verify: .*provider postgres: inventory: /);
    for (const secret of [value, adminPassword]) expect(failed.join()).not.toContain(secret);
  });
});

describe('a declaration made by hand, past the catalog', () => {
  const literal = `postgres://admin:${adminPassword}@db.internal/orders`;

  test('that holds a secret where a reference belongs is refused, and the secret not repeated', async () => {
    const provider = { ...job.credential.provider, admin: literal };
    const forged = { ...job, credential: { ...job.credential, provider } };
    const failed = await called.activities.inspectProvider({ job: forged, held: [] }).catch((error: Error) => error);
    expect(failed).toMatchObject({ kind: 'invalid', message: expect.stringContaining('provider postgres: admin') });
    expect(JSON.stringify([String(failed), failed])).not.toContain(adminPassword);
    expect(thief.visits()).toBe(0);
  });

  test.each(['../providers/postgres', '..', '/etc', 'postgres/../random', '__proto__', 'http://x.example/x.js'])(
    'loads no code but that of a connector: %s',
    async (type) => {
      const forged = { ...job, credential: { ...job.credential, provider: { ...job.credential.provider, type } } };
      await expect(called.activities.inspectProvider({ job: forged, held: [] })).rejects.toMatchObject({
        kind: 'invalid',
        message: expect.stringContaining('there is no provider connector'),
      });
    },
  );
});
