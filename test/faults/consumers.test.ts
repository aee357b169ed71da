import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { proceed, rollBack } from '../../client/rotations.ts';
import { KeyturnError } from '../../contract/index.ts';
import { ada, type Bench, startBench, waitingFor } from './bench.ts';
import { meanwhile, refuse, well } from './faults.ts';

/** What consumers say, in the order that hurts. */

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench?.stop());

describe.concurrent('on the way back', () => {
  test('an instance that attested the old key before the new one attests it again before the new key goes', async () => {
    const { world, handle, says, until, end } = await bench.start({
      consumers: [{ name: 'app', type: 'pull' }],
      credential: { graceMs: 60_000 },
    });
    await until(waitingFor('consumer app'));
    await says({ consumer: 'app', keyId: 'K0', status: 'loaded' });
    await says({ consumer: 'app', keyId: 'K1', status: 'loaded' });
    await until(waitingFor('grace'));
    await rollBack(handle, ada);
    await until((now) => now.state === 'undoing' && waitingFor('consumer app')(now));
    expect(world.serving()).toBe('K0');
    expect(world.keyIds()).toEqual(['K0', 'K1']);
    await says({ consumer: 'app', keyId: 'K0', status: 'loaded' });
    expect(await end()).toMatchObject({ outcome: 'restored' });
    expect(world.keyIds()).toEqual(['K0']);
  });

  test('those who check a stored value drop the new one only after those who use it attest the known-good', async () => {
    const failing = refuse('invalid', 'the test fails');
    const { world, says, until, end } = await bench.start({
      consumers: [
        { name: 'checker', role: 'accepts' },
        { name: 'app', type: 'pull' },
      ],
      // Of the known-good, of the new version, and of what is current after the move.
      faults: { smokeTest: [well, well, failing] },
      credential: { smokeTests: [{}] },
    });
    await until((now) => now.state === 'undoing' && waitingFor('consumer app')(now));
    expect(world.events).toContain('main serves K1');
    expect(world.serving()).toBe('K0');
    expect(world.events).not.toContain('told checker to drop K1');
    await says({ consumer: 'app', keyId: 'K0', status: 'loaded' });
    expect(await end()).toMatchObject({ outcome: 'restored', reason: { message: 'the test fails' } });
    expect(world.when('told checker to drop K1')).toBeLessThan(world.when('removed K1'));
  });

  test('after an answer 404 beside a silent consumer, the wait for that one is shown and can be waived', async () => {
    const { world, handle, says, until, end } = await bench.start({
      consumers: [{ name: 'silent', type: 'pull' }, { name: 'gone' }],
      prepare(given) {
        const whileOtherWaits = () => until((now) => now.state === 'undoing' || waitingFor('consumer silent')(now));
        given.faults['refresh gone'] = meanwhile(whileOtherWaits);
        given.says.gone = ({ keyId, target }) => {
          if (keyId === 'K1') throw new KeyturnError('not-found', 'HTTP 404');
          return [{ instance: 'one', target, keyId, status: 'loaded' }];
        };
      },
    });
    const { waits } = await until((now) => now.state === 'undoing' && waitingFor('consumer silent')(now));
    expect(waits).toMatchObject([{ name: 'consumer silent', detail: expect.stringContaining('K0') }]);
    // It takes up the new key only now: that ends no wait for the known-good.
    await says({ consumer: 'silent', keyId: 'K1', status: 'loaded' });
    expect((await until(() => true)).waits).toMatchObject(waits);
    expect(await proceed(handle, ada)).toBe('consumer silent');
    expect(await end()).toMatchObject({ outcome: 'restored', reason: { message: 'HTTP 404' } });
    expect((await until((now) => now.end !== undefined)).waits).toEqual([]);
    expect(world.keyIds()).toEqual(['K0']);
  });
});

describe.concurrent('between the gate and the disable', () => {
  // The gate ends with writing down what people asked for.
  test('a consumer that says that the new key fails turns it back', async () => {
    const { world, says, end } = await bench.start({
      consumers: [{ name: 'app' }],
      faults: {
        'append request': [
          meanwhile(() => says({ consumer: 'app', keyId: 'K1', status: 'failed', reason: 'HTTP 401' })),
        ],
      },
    });
    expect(await end()).toMatchObject({
      outcome: 'restored',
      reason: { message: expect.stringContaining('HTTP 401') },
    });
    expect(world.events).not.toContain('disabled K0');
    expect(world.keyIds()).toEqual(['K0']);
  });

  test('a rollBack does not disable the old key', async () => {
    const { world, handle, end } = await bench.start({
      consumers: [{ name: 'app' }],
      faults: { 'append request': [meanwhile(() => rollBack(handle, ada))] },
    });
    expect(await end()).toMatchObject({ outcome: 'restored', reason: { kind: 'asked' } });
    expect(world.events).not.toContain('disabled K0');
    expect(world.keyIds()).toEqual(['K0']);
  });
});

describe.concurrent('a consumer that is not required decides nothing', () => {
  test.each([refuse('not-found', 'HTTP 404'), refuse('transient', 'no connection')])('it fails: %#', async (fault) => {
    const { world, end } = await bench.start({
      consumers: [{ name: 'app' }, { name: 'optional', required: false }],
      faults: { 'refresh optional': fault },
    });
    expect(await end()).toMatchObject({ outcome: 'rotated' });
    expect(world.keyIds()).toEqual(['K1']);
  });
});

test.concurrent('what a consumer that can be asked says by itself counts', async () => {
  const { says, until, end } = await bench.start({
    consumers: [{ name: 'app' }],
    prepare(world) {
      world.says.app = () => [];
      world.answers.app = () => [];
    },
  });
  await until(waitingFor('consumer app'));
  await says({ consumer: 'app', keyId: 'K1', status: 'loaded' });
  expect(await end()).toMatchObject({ outcome: 'rotated' });
});
