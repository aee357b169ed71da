import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { proceed } from '../../client/rotations.ts';
import { ada, type Bench, startBench } from '../faults/real-bench.ts';
import { deedsOf, keysOf, waitingFor } from '../faults/real-rotation.ts';
import { once } from '../world/faults.ts';
import type { World } from '../world/world.ts';

/** What they can do who can write into a vault that a credential has as its target. */

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench?.stop());

const overwrite = ({ strangers }: World) => strangers.atTarget('main');

const servesForeign = ({ strangers, targets }: World) => strangers.versions.has(`main/${targets.get('main')?.current}`);

describe.concurrent('a foreign value in the target stops the rotation, and stays', () => {
  test('put there before it begins', async () => {
    const { world, end } = await bench.start({ prepare: overwrite });
    expect(await end()).toMatchObject({ outcome: 'unchanged', reason: { kind: 'invalid' } });
    expect(deedsOf(world)).toEqual([]);
    expect(servesForeign(world)).toBe(true);
  });

  test.each(['write', 'move'])('put there just before Keyturn calls %s', async (call) => {
    const { world, quarantined } = await bench.start({ faults: [once(`${call} main`, 'stranger')] });
    const { quarantine, pastPivot } = await quarantined();
    expect({ pastPivot, kind: quarantine?.reason.kind }).toEqual({ pastPivot: false, kind: 'conflict' });
    expect(servesForeign(world)).toBe(true);
    // Somebody may use either by now: both stay.
    expect(world.keys.state('K0')).toBe('active');
  });

  test('put there in the grace: the old key is not touched', async () => {
    const { world, handle, until, quarantined } = await bench.start({ credential: { graceMs: 600_000 } });
    await until(waitingFor('grace'));
    overwrite(world);
    await proceed(handle, ada);
    expect((await quarantined()).quarantine).toMatchObject({ during: 'undo', reason: { kind: 'conflict' } });
    expect(servesForeign(world)).toBe(true);
    expect(world.keys.state('K0')).toBe('active');
    expect(deedsOf(world)).not.toContain('keyturn disabled K0');
  });

  test('the earlier value, put back in the grace, is one that Keyturn did not put there', async () => {
    const { world, handle, until, end } = await bench.start({ credential: { graceMs: 600_000 } });
    await until(waitingFor('grace'));
    world.target('main').serve('v1', 'person');
    await proceed(handle, ada);
    expect(await end()).toMatchObject({ outcome: 'restored' });
    expect({ serving: world.serving(), keys: keysOf(world) }).toEqual({ serving: 'K0', keys: ['K0'] });
  });
});
