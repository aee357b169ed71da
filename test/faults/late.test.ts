import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { retry } from '../../client/rotations.ts';
import { once } from '../world/faults.ts';
import { target } from '../world/plain.ts';
import { ada, type Bench, startBench } from './real-bench.ts';
import { eventsOf, keysOf } from './real-rotation.ts';

/** Calls that act when nobody waits for them any more, and reads that show what was. */

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench?.stop());

/** What is late comes when the step is over, and before the time of its attempt would have been. */
const limits = { stepMs: 2_500, settleMs: 15_000, refusalMs: 5_000, attemptMs: 4_000, pollMs: 100 };

describe.concurrent('a late effect does not survive the undo', () => {
  test('a write where the newest version is current', async () => {
    const { world, end } = await bench.start({
      world: { targets: [target('main', { staging: false })] },
      faults: [once('write main', 'late')],
      credential: { limits },
    });
    expect(await end()).toMatchObject({ outcome: 'restored', reason: { kind: 'transient' } });
    expect(eventsOf(world)).toContain('keyturn made main serve K1');
    expect(world.serving()).toBe('K0');
    expect(keysOf(world)).toEqual(['K0']);
  });

  test('a move of current where the vault cannot destroy the version', async () => {
    const { world, end } = await bench.start({
      world: { targets: [target('main', { staging: true, destroys: false })] },
      faults: [once('move main', 'late')],
      credential: { limits },
    });
    expect(await end()).toMatchObject({ outcome: 'restored', reason: { kind: 'transient' } });
    expect(eventsOf(world)).toContain('keyturn made main serve K1');
    expect(world.serving()).toBe('K0');
    expect(keysOf(world)).toEqual(['K0']);
  });
});

test.concurrent('where reads lag, an undo does not take yesterday for restored', async () => {
  const { world, handle, quarantined, end } = await bench.start({
    world: { targets: [target('main', { staging: false, propagationMs: 60_000 })] },
    faults: [once('write main', 'garbage', { says: { kind: 'unauthorized', message: 'no right to do this' } })],
  });
  // Its write is current, though a reader is still served the known-good.
  const { quarantine } = await quarantined();
  expect(quarantine).toMatchObject({ during: 'undo', reason: { kind: 'transient' } });
  expect(world.serving()).toBe('K1');
  expect(keysOf(world)).toEqual(['K0', 'K1']);
  const main = world.target('main');
  main.staleUntilMs = 0;
  main.shape.propagationMs = 1_000;
  await retry(handle, ada);
  expect(await end()).toMatchObject({ outcome: 'restored' });
  expect(world.serving()).toBe('K0');
  expect(keysOf(world)).toEqual(['K0']);
});
