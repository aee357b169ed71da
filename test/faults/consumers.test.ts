import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { proceed, rollBack } from '../../client/rotations.ts';
import type { Progress } from '../../contract/index.ts';
import { always, type Fault, once } from '../world/faults.ts';
import { consumer, instance, silent } from '../world/plain.ts';
import { ada, type Bench, startBench } from './real-bench.ts';
import { eventsOf, keysOf, waitingFor } from './real-rotation.ts';

/** What consumers say, in the order that hurts. */

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench?.stop());

const app = consumer('app');
const gone = { kind: 'not-found', message: 'HTTP 404' } as const;

describe.concurrent('on the way back', () => {
  test('an instance that attested the old key before the new one attests it again before the new key goes', async () => {
    const { world, handle, says, until, end } = await bench.start({
      world: { consumers: [silent('app')] },
      credential: { graceMs: 60_000 },
    });
    await until(waitingFor('consumer app'));
    await says({ consumer: 'app', keyId: 'K0', status: 'loaded' });
    await says({ consumer: 'app', keyId: 'K1', status: 'loaded' });
    await until(waitingFor('grace'));
    await rollBack(handle, ada);
    await until((now) => now.state === 'undoing' && waitingFor('consumer app')(now));
    expect(world.serving()).toBe('K0');
    expect(keysOf(world)).toEqual(['K0', 'K1']);
    await says({ consumer: 'app', keyId: 'K0', status: 'loaded' });
    expect(await end()).toMatchObject({ outcome: 'restored' });
    expect(keysOf(world)).toEqual(['K0']);
  });

  test('those who check a stored value drop the new one only after those who use it attest the known-good', async () => {
    const says = { kind: 'invalid', message: 'the test fails' } as const;
    const rotation = await bench.start({
      world: { consumers: [consumer('checker', { role: 'accepts' }), silent('app')] },
      smokeTest: 'passes',
      // That of the known-good and that of the new version pass; that of what is current after the move does not.
      faults: [once('smoke test', 'fails', { nth: 2, says })],
    });
    const { world, until, end } = rotation;
    await until((now) => now.state === 'undoing' && waitingFor('consumer app')(now));
    expect(eventsOf(world)).toContain('keyturn made main serve K1');
    expect(world.serving()).toBe('K0');
    expect(eventsOf(world)).not.toContain('told checker to drop K1');
    await rotation.says({ consumer: 'app', keyId: 'K0', status: 'loaded' });
    expect(await end()).toMatchObject({ outcome: 'restored', reason: { message: 'the test fails' } });
    const order = ['told checker to drop K1', 'keyturn removed K1'];
    expect(eventsOf(world).filter((event) => order.includes(event))).toEqual(order);
  });

  test('after an answer 404 beside a silent consumer, the wait for that one is shown and can be waived', async () => {
    const { world, handle, says, until, end } = await bench.start({
      world: { consumers: [silent('silent'), consumer('gone')] },
      faults: [always('tell gone', 'fails', { says: gone })],
      prepare({ network }) {
        const whileOtherWaits = () => {
          network.beforeNext('tell gone', whileOtherWaits);
          return until((now) => now.state === 'undoing' || waitingFor('consumer silent')(now));
        };
        network.beforeNext('tell gone', () => {
          // It is there again when current is moved back.
          network.beforeNext('move main', () => network.heal());
          return whileOtherWaits();
        });
      },
    });
    const isTold = (now: Progress) => !waitingFor('tell gone')(now);
    const isBack = (now: Progress) => now.state === 'undoing' && waitingFor('consumer silent')(now) && isTold(now);
    const { waits } = await until(isBack);
    expect(waits).toMatchObject([{ name: 'consumer silent', detail: expect.stringContaining('K0') }]);
    // It takes up the new key only now: that ends no wait for the known-good.
    await says({ consumer: 'silent', keyId: 'K1', status: 'loaded' });
    expect((await until(() => true)).waits).toMatchObject(waits);
    world.waived.add('silent');
    expect(await proceed(handle, ada)).toBe('consumer silent');
    expect(await end()).toMatchObject({ outcome: 'restored', reason: { message: 'HTTP 404' } });
    expect((await until((now) => now.end !== undefined)).waits).toEqual([]);
    expect(keysOf(world)).toEqual(['K0']);
  });
});

describe.concurrent('between the gate and the disable', () => {
  // The gate ends with writing down what people asked for.
  test('a consumer that says that the new key fails turns it back', async () => {
    const { world, says, end } = await bench.start({
      world: { consumers: [app] },
      prepare({ network }) {
        const failed = { consumer: 'app', keyId: 'K1', status: 'failed', reason: 'HTTP 401' } as const;
        network.beforeNext('append request', () => says(failed));
      },
    });
    expect(await end()).toMatchObject({
      outcome: 'restored',
      reason: { message: expect.stringContaining('HTTP 401') },
    });
    expect(eventsOf(world)).not.toContain('keyturn disabled K0');
    expect(keysOf(world)).toEqual(['K0']);
  });

  test('a rollBack does not disable the old key', async () => {
    const { world, handle, end } = await bench.start({
      world: { consumers: [app] },
      prepare: ({ network }) => network.beforeNext('append request', () => rollBack(handle, ada)),
    });
    expect(await end()).toMatchObject({ outcome: 'restored', reason: { kind: 'asked' } });
    expect(eventsOf(world)).not.toContain('keyturn disabled K0');
    expect(keysOf(world)).toEqual(['K0']);
  });
});

describe.concurrent('a consumer that is not required decides nothing', () => {
  test.each<Partial<Fault>>([{ says: gone }, {}])('it fails: %o', async (how) => {
    const { world, end } = await bench.start({
      world: { consumers: [app, consumer('optional', { required: false })] },
      faults: [always('tell optional', 'fails', how)],
    });
    expect(await end()).toMatchObject({ outcome: 'rotated' });
    expect(keysOf(world)).toEqual(['K1']);
  });
});

test.concurrent('what a consumer that can be asked says by itself counts', async () => {
  const deaf = consumer('app', { manner: 'asked', instances: [instance({ deaf: true })] });
  const { says, until, end } = await bench.start({ world: { consumers: [deaf] } });
  await until(waitingFor('consumer app'));
  await says({ consumer: 'app', keyId: 'K1', status: 'loaded' });
  expect(await end()).toMatchObject({ outcome: 'rotated' });
});
