import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { approve, proceed, reject, resolve, retry } from '../../client/rotations.ts';
import { once } from '../world/faults.ts';
import { silent } from '../world/plain.ts';
import { ada, type Bench, startBench } from './real-bench.ts';
import { deedsOf, keysOf, waitingFor } from './real-rotation.ts';

/** What operators do, when they cross each other or the rotation. */

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench?.stop());

const bob = { by: 'bob' };

describe.concurrent('resolve', () => {
  test('that crosses a retry is refused, and a later quarantine still asks', async () => {
    const says = { kind: 'unauthorized', message: 'no right to destroy' } as const;
    const { world, handle, until, quarantined, end } = await bench.start({
      faults: [once('remove', 'denied'), once('destroy main', 'fails', { says })],
    });
    expect((await quarantined()).quarantine?.step).toBe('delete');
    world.provider.removeByHand('K0');
    world.network.beforeNext('inventory', () => retry(handle, bob));
    await expect(resolve(handle, ada)).rejects.toThrow('tried again in the meantime');
    const later = await until((now) => now.quarantine?.step === 'tidy');
    expect(later.quarantine?.reason.message).toContain('no right to destroy');
    await retry(handle, bob);
    const rotated = await end();
    expect(rotated).toMatchObject({ outcome: 'rotated' });
    expect(rotated.resolvedBy).toBeUndefined();
    const decisions = world.audit.entries.filter(({ kind }) => kind === 'decision');
    expect(decisions).toMatchObject([
      { verb: 'retry', by: 'bob' },
      { verb: 'retry', by: 'bob' },
    ]);
  });

  test('is refused where only the record is missing, and a retry ends it', async () => {
    const { handle, quarantined, end } = await bench.start({ faults: [once('append close', 'denied')] });
    expect((await quarantined()).quarantine?.step).toBe('record');
    await expect(resolve(handle, ada)).rejects.toThrow('it has ended rotated, only the record is missing');
    await retry(handle, bob);
    expect(await end()).toMatchObject({ outcome: 'rotated' });
  });

  test('works after a cancellation', async () => {
    const { world, handle, until, quarantined, end } = await bench.start({
      world: { consumers: [silent('app')] },
      faults: [once('remove', 'denied')],
    });
    await until(waitingFor('consumer app'));
    await handle.cancel();
    await until((now) => now.state === 'undoing' && waitingFor('consumer app')(now));
    world.waived.add('app');
    await proceed(handle, ada);
    expect((await quarantined()).quarantine).toMatchObject({ step: 'create', during: 'undo' });
    world.provider.removeByHand('K1');
    expect(await resolve(handle, ada)).toBe('restored');
    expect(await end()).toMatchObject({ outcome: 'restored', resolvedBy: 'ada' });
    expect(world.serving()).toBe('K0');
  });
});

test.concurrent('each of two proceeds is in the audit', async () => {
  const { handle, request, until, end, world } = await bench.start({
    world: { consumers: [silent('app')] },
    credential: { soakMs: 60_000 },
  });
  await until(waitingFor('consumer app'));
  world.waived.add('app');
  await proceed(handle, ada);
  await until(waitingFor('soak'));
  // As the first, it comes behind one other entry that is not yet written down.
  await request({ id: 'second' });
  await proceed(handle, bob);
  expect(await end()).toMatchObject({ outcome: 'rotated' });
  expect(world.audit.entries.filter(({ verb }) => verb === 'proceed')).toMatchObject([
    { by: 'ada', detail: { wait: 'consumer app' } },
    { by: 'bob', detail: { wait: 'soak' } },
  ]);
});

test.concurrent('a request in the grace that names a key to replace goes on in the next rotation; both are audited', async () => {
  const { world, request, until, end } = await bench.start({
    world: { spares: 1 },
    request: { id: 'first' },
    credential: { graceMs: 60_000 },
  });
  await until(waitingFor('grace'));
  await request({ id: 'second', by: 'bob', urgency: 'expedited', replace: 'SPARE-1' });
  expect(await end()).toMatchObject({ outcome: 'rotated', oldKey: 'K1', newKey: 'K2' });
  expect(keysOf(world)).toEqual(['K2']);
  const { entries } = world.audit;
  expect(entries.filter(({ kind }) => kind === 'request')).toMatchObject([
    { effect: expect.stringMatching(/request\/first$/), by: 'tester' },
    { effect: expect.stringMatching(/request\/second$/), by: 'bob', detail: { replace: 'SPARE-1' } },
  ]);
  expect(entries.filter(({ kind }) => kind === 'close')).toHaveLength(2);
});

test.concurrent('who says no has the last word: provider and vault are as they were, and the audit has who said what', async () => {
  const approval = { approvers: 2, withinMs: 60_000 };
  const { handle, until, end, world } = await bench.start({ credential: { approval }, request: { by: 'eve' } });
  const { planHash = '' } = await until(waitingFor('approval'));
  await approve(handle, { ...bob, planHash });
  await reject(handle, { ...ada, reason: 'not during the sale' });
  expect(await end()).toMatchObject({ outcome: 'unchanged', reason: { message: 'rejected by ada' } });
  expect(deedsOf(world)).toEqual([]);
  expect(keysOf(world)).toEqual(['K0']);
  expect(world.audit.entries.map(({ kind, verb, by }) => [kind, verb, by])).toEqual([
    ['request', 'request', 'eve'],
    ['decision', 'approve', 'bob'],
    ['decision', 'reject', 'ada'],
    ['close', 'close', undefined],
  ]);
});
