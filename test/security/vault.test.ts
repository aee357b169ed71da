import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { proceed } from '../../client/rotations.ts';
import { ada, type Bench, startBench, waitingFor } from '../faults/bench.ts';
import { meanwhile } from '../faults/faults.ts';
import type { World } from '../faults/world.ts';

/** What they can do who can write into a vault that a credential has as its target. */

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench?.stop());

const foreign = 'what somebody else put there';

function overwrite(world: World, document = foreign): void {
  const place = world.place('main');
  place.documents.set('theirs', document);
  place.current = 'theirs';
}

const served = (world: World) => world.place('main').documents.get(world.place('main').current);

describe.concurrent('a foreign value in the target stops the rotation, and stays', () => {
  test('put there before it begins', async () => {
    const { world, end } = await bench.start({ prepare: (given) => overwrite(given) });
    expect(await end()).toMatchObject({ outcome: 'unchanged', reason: { kind: 'invalid' } });
    expect(world.events).toEqual([]);
    expect(served(world)).toBe(foreign);
  });

  test.each(['write', 'moveCurrent'] as const)('put there just before Keyturn calls %s', async (call) => {
    const { world, quarantined } = await bench.start({
      prepare(given) {
        given.faults[call] = [meanwhile(() => overwrite(given))];
      },
    });
    const { quarantine, pastPivot } = await quarantined();
    expect({ pastPivot, kind: quarantine?.reason.kind }).toEqual({ pastPivot: false, kind: 'conflict' });
    expect(served(world)).toBe(foreign);
    // Somebody may use either by now: both stay.
    expect(world.keys.get('K0')).toMatchObject({ state: 'active' });
  });

  test('put there in the grace: the old key is not touched', async () => {
    const { world, handle, until, quarantined } = await bench.start({ credential: { graceMs: 600_000 } });
    await until(waitingFor('grace'));
    overwrite(world);
    await proceed(handle, ada);
    expect((await quarantined()).quarantine).toMatchObject({ during: 'undo', reason: { kind: 'conflict' } });
    expect(served(world)).toBe(foreign);
    expect(world.keys.get('K0')).toMatchObject({ state: 'active' });
    expect(world.events).not.toContain('disabled K0');
  });

  test('the earlier value, put back in the grace, is one that Keyturn did not put there', async () => {
    const { world, handle, until, end } = await bench.start({ credential: { graceMs: 600_000 } });
    await until(waitingFor('grace'));
    world.place('main').current = 'v0';
    await proceed(handle, ada);
    expect(await end()).toMatchObject({ outcome: 'restored' });
    expect({ serving: world.serving(), keys: world.keyIds() }).toEqual({ serving: 'K0', keys: ['K0'] });
  });
});
