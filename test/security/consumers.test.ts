import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { attest, proceed } from '../../client/rotations.ts';
import type { Attestation, AttestMessage, Change, Progress } from '../../contract/index.ts';
import { addAttestation, newInbox } from '../../workflows/inbox.ts';
import { ada, type Bench, startBench } from '../faults/real-bench.ts';
import { keysOf, waitingFor } from '../faults/real-rotation.ts';
import { consumer, instance, provider, silent } from '../world/plain.ts';
import type { World } from '../world/world.ts';

/** What a consumer can do that is in somebody else's hands. */

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench?.stop());

const attested = (change: Change, more: Partial<Attestation> = {}): Attestation => ({
  instance: 'one',
  target: change.target,
  keyId: change.keyId,
  status: 'loaded',
  ...more,
});

const app = consumer('app');

/** It says that it has loaded what it is told of, and goes on with what it has. */
const liar = consumer('liar', { instances: [instance({ deaf: true })] });

function letLie(world: World): void {
  world.consumer('liar').lies = (change) => [attested(change)];
}

/** What it does is watched no more: that of the others is. */
const acceptItsLoss = ({ waived }: World) => waived.add('liar');

describe.concurrent('a consumer that lies "loaded"', () => {
  test('hurries nothing for the others: the old key stays until they attest', async () => {
    const { world, handle, says, until, end } = await bench.start({
      world: { consumers: [silent('liar'), silent('app')] },
    });
    acceptItsLoss(world);
    await attest(handle, { consumer: 'liar', instance: 'liar-1', keyId: 'K1', status: 'loaded' });
    const settled = ({ waits }: Progress) =>
      waits.every(({ name }) => !name.startsWith('tell ') && !name.endsWith(' liar'));
    const { waits } = await until((now) => waitingFor('consumer app')(now) && settled(now));
    expect(waits).toMatchObject([{ name: 'consumer app' }]);
    expect(world.keys.state('K0')).toBe('active');
    await says({ consumer: 'app', keyId: 'K1', status: 'loaded' });
    expect(await end()).toMatchObject({ outcome: 'rotated' });
  });

  test('keeps the old key nevertheless, where the provider tells its use', async () => {
    const { world, handle, until, end } = await bench.start({
      world: { provider: provider({ tellsUse: true, lastUsedMs: 600_000 }), consumers: [liar] },
      prepare: letLie,
    });
    acceptItsLoss(world);
    const { waits } = await until(waitingFor('last use'));
    expect(waits).toMatchObject([{ name: 'last use', detail: expect.stringContaining('K0') }]);
    expect(world.keys.state('K0')).toBe('active');
    // Only a person lets it go all the same, by name.
    world.waived.add('last use');
    await proceed(handle, { ...ada, wait: 'last use' });
    expect(await end()).toMatchObject({ outcome: 'rotated', evidence: { lastUse: 'waived' } });
    expect(world.audit.entries).toContainEqual(expect.objectContaining({ verb: 'proceed', by: 'ada' }));
  });

  test('accepted: for itself it lets the old key go early', async () => {
    const { world, end } = await bench.start({ world: { consumers: [liar] }, prepare: letLie });
    acceptItsLoss(world);
    expect(await end()).toMatchObject({ outcome: 'rotated', evidence: { lastUse: 'cannot tell' } });
    expect(keysOf(world)).toEqual(['K1']);
    expect(world.keys.usedNow('K0')).toEqual(['liar liar-1']);
  });
});

test('a consumer that says "failed" stops a rotation, and gains nothing by it: the known-good serves, the new key goes', async () => {
  const { world, end } = await bench.start({
    world: { consumers: [app, consumer('denier')] },
    prepare(given) {
      given.consumer('denier').lies = (change) => [attested(change, change.keyId === 'K1' ? { status: 'failed' } : {})];
    },
  });
  expect(await end()).toMatchObject({
    outcome: 'restored',
    reason: { message: expect.stringContaining('denier one says that K1 fails') },
  });
  expect({ serving: world.serving(), keys: keysOf(world) }).toEqual({ serving: 'K0', keys: ['K0'] });
});

test('an answer about another target or another key says nothing', async () => {
  const { until, says, end } = await bench.start({
    world: { consumers: [app] },
    prepare(given) {
      given.consumer('app').lies = (change) => [
        attested(change, { instance: 'two', target: 'elsewhere' }),
        attested(change, { instance: 'three', keyId: 'K0' }),
        attested(change, { instance: 'four', keyId: 'K9', status: 'failed' }),
        attested(change, { instance: 'five', target: 'elsewhere', status: 'failed' }),
      ];
    },
  });
  const { waits } = await until(waitingFor('consumer app'));
  expect(waits).toMatchObject([{ detail: expect.stringMatching(/^0 of 1/) }]);
  await says({ consumer: 'app', keyId: 'K1', status: 'loaded' });
  expect(await end()).toMatchObject({ outcome: 'rotated' });
});

describe.concurrent('a reason that quotes the value', () => {
  const quoting = (secret: string) => `cannot log in with ${secret} or ${Buffer.from(secret).toString('base64')}`;

  test('is scrubbed where a consumer answers with it', async () => {
    let secret = '';
    const { world, end, handle } = await bench.start({
      world: { consumers: [app] },
      prepare(given) {
        given.consumer('app').lies = (change) => {
          secret = given.keys.get('K1').secret;
          return [attested(change, change.keyId === 'K1' ? { status: 'failed', reason: quoting(secret) } : {})];
        };
      },
    });
    const ended = await end();
    expect(ended.reason?.message).toContain('cannot log in with [secret] or [secret]');
    expect(secret).toMatch(/^s3cr3t-/);
    for (const told of [ended, world.audit.entries, await handle.fetchHistory()]) {
      expect(JSON.stringify(told).includes(secret)).toBe(false);
    }
  });

  test('accepted: sent as a signal it stands in the history as it was sent', async () => {
    const { world, handle, says, until } = await bench.start({ world: { consumers: [silent('app')] } });
    await until(waitingFor('consumer app'));
    const { secret } = world.keys.get('K1');
    await says({ consumer: 'app', keyId: 'K1', status: 'failed', reason: quoting(secret) });
    await until((now) => now.state === 'undoing' && waitingFor('consumer app')(now));
    await says({ consumer: 'app', keyId: 'K0', status: 'loaded' });
    expect((await handle.result()).reason?.message.includes(secret)).toBe(true);
    expect(new Set(world.violations.map(({ invariant }) => invariant))).toEqual(new Set(['no plaintext']));
  });
});

describe('a consumer that floods', () => {
  const flood = (change: Change, of: number) =>
    Array.from({ length: of }, (_, index) => attested(change, { instance: `${index}`.padStart(200, 'x') }));

  test('with a thousand instances where one is expected counts once, and stops nothing', async () => {
    const { end } = await bench.start({
      world: { consumers: [consumer('flood'), app] },
      prepare(given) {
        given.consumer('flood').lies = (change) => flood(change, 1_000);
      },
    });
    expect(await end()).toMatchObject({ outcome: 'rotated', evidence: { consumers: { length: 2 } } });
  });

  // Temporal ends a rotation whose message to an activity is above 2 MB by force.
  test('six of them do not end a rotation by force', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    const { handle } = await bench.start({
      world: { consumers: names.map((name) => consumer(name)) },
      prepare(given) {
        for (const name of names) given.consumer(name).lies = (change) => flood(change, 1_000);
      },
    });
    const end = await handle.result();
    expect(end).toMatchObject({ outcome: 'rotated', evidence: { consumers: { length: names.length } } });
    const counts = end.evidence?.consumers.map(({ instances, omitted = 0 }) => instances.length + omitted);
    expect(counts).toEqual(names.map(() => 1_000));
  });

  // While it counts, no other rotation of the same worker goes on.
  test('costs the work of counting each instance once', () => {
    let looks = 0;
    const counted = (instance: string): AttestMessage => ({
      get consumer() {
        looks += 1;
        return 'flood';
      },
      instance,
      keyId: 'K1',
      status: 'loaded',
    });
    const inbox = newInbox([]);
    const instances = 1_000;
    for (let index = 0; index < instances; index += 1) addAttestation(inbox, counted(`${index}`));
    expect(inbox.attestations).toHaveLength(instances);
    expect(looks).toBeLessThan(instances * 20);
  });
});
