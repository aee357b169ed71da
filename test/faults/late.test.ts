import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { retry } from '../../client/rotations.ts';
import { ada, type Bench, startBench } from './bench.ts';
import { late, misreport } from './faults.ts';

/** Calls that act when nobody waits for them any more, and reads that show what was. */

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench?.stop());

/** Between the end of the step, which comes before the end of the attempt, and the time at which that would have been over. */
const limits = { stepMs: 2_500, settleMs: 15_000, refusalMs: 5_000, attemptMs: 4_000, pollMs: 100 };
const afterTheStepMs = 3_500;

describe.concurrent('a late effect does not survive the undo', () => {
  test('a write where the newest version is current', async () => {
    const { world, end } = await bench.start({
      vault: { staging: false },
      faults: { write: late(afterTheStepMs) },
      credential: { limits },
    });
    expect(await end()).toMatchObject({ outcome: 'restored', reason: { kind: 'transient' } });
    expect(world.events).toContain('main serves K1');
    expect(world.serving()).toBe('K0');
    expect(world.keyIds()).toEqual(['K0']);
  });

  test('a move of current where the vault cannot destroy the version', async () => {
    const { world, end } = await bench.start({
      vault: { staging: true, destroys: false },
      faults: { moveCurrent: late(afterTheStepMs) },
      credential: { limits },
    });
    expect(await end()).toMatchObject({ outcome: 'restored', reason: { kind: 'transient' } });
    expect(world.events).toContain('main serves K1');
    expect(world.serving()).toBe('K0');
    expect(world.keyIds()).toEqual(['K0']);
  });
});

test('where reads lag, an undo does not take yesterday for restored', async () => {
  const { world, handle, quarantined, end } = await bench.start({
    vault: { staging: false, propagationMsMax: 60_000 },
    lagMs: 60_000,
    faults: { write: [misreport('unauthorized')] },
  });
  // Its write is current, though a reader is still served the known-good.
  const { quarantine } = await quarantined();
  expect(quarantine).toMatchObject({ during: 'undo', reason: { kind: 'transient' } });
  expect(world.serving()).toBe('K1');
  expect(world.keyIds()).toEqual(['K0', 'K1']);
  world.place('main').staleUntilMs = 0;
  world.lagMs = 1_000;
  await retry(handle, ada);
  expect(await end()).toMatchObject({ outcome: 'restored' });
  expect(world.serving()).toBe('K0');
  expect(world.keyIds()).toEqual(['K0']);
});
