import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { resolve } from '../../client/rotations.ts';
import type { AuditEntry } from '../../contract/index.ts';
import { type Fault, once } from '../world/faults.ts';
import { ada, type Bench, startBench } from './real-bench.ts';
import { deedsOf, keysOf } from './real-rotation.ts';

/** Keys that were made and that nobody heard of, and keys that somebody else made. */

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench?.stop());

const ambiguous: Fault = once('mint', 'garbage', { says: { kind: 'ambiguous', message: 'neither yes nor no' } });

/** Each intent to mint with its results. */
function minted(entries: readonly AuditEntry[]) {
  const of = (kind: AuditEntry['kind']) => entries.filter((entry) => entry.verb === 'mint' && entry.kind === kind);
  const results = of('result');
  return of('intent').map(({ effect }) =>
    results
      .filter((result) => result.effect === effect)
      .map(({ outcome, subject, inferred = false }) => ({ outcome, subject, inferred })),
  );
}

describe.concurrent('the reply to mint', () => {
  test('is lost twice: both keys are removed, and each intent has its one result', async () => {
    const { world, end } = await bench.start({
      faults: [once('mint', 'reply lost', { times: 2 }), once('mint', 'denied', { nth: 2 })],
    });
    expect(await end()).toMatchObject({ outcome: 'restored', reason: { kind: 'unauthorized' } });
    const made = (key: string) => [`keyturn made ${key}`, `keyturn removed ${key}`];
    expect(deedsOf(world)).toEqual([...made('K1'), ...made('K2')]);
    expect(keysOf(world)).toEqual(['K0']);
    expect(minted(world.audit.entries)).toEqual([
      [{ outcome: 'done', subject: 'K1', inferred: true }],
      [{ outcome: 'done', subject: 'K2', inferred: true }],
      [{ outcome: 'failed', subject: 'a new key', inferred: false }],
    ]);
  });

  test('is lost once: the audit names the key that is in use afterwards', async () => {
    const { world, end } = await bench.start({ faults: [once('mint', 'reply lost')] });
    expect(await end()).toMatchObject({ outcome: 'rotated', newKey: 'K2' });
    expect(world.serving()).toBe('K2');
    expect(keysOf(world)).toEqual(['K2']);
    expect(minted(world.audit.entries)).toEqual([
      [{ outcome: 'done', subject: 'K1', inferred: true }],
      [{ outcome: 'done', subject: 'K2', inferred: false }],
    ]);
  });

  test('makes no sense: whether a key was made stays open until it is looked for, and the key is known for ours', async () => {
    const { world, end } = await bench.start({ faults: [ambiguous] });
    expect(await end()).toMatchObject({ outcome: 'restored', reason: { kind: 'ambiguous' } });
    expect(keysOf(world)).toEqual(['K0']);
    expect(minted(world.audit.entries)).toEqual([[{ outcome: 'done', subject: 'K1', inferred: true }]]);
  });

  test('is a 429, and then somebody else makes a key: theirs is never taken for ours', async () => {
    const { world, end } = await bench.start({
      faults: [once('mint', 'throttled')],
      prepare: ({ network, strangers }) => network.beforeNext('mint', strangers.atProvider),
    });
    expect(await end()).toMatchObject({ outcome: 'restored', reason: { kind: 'conflict' } });
    expect(deedsOf(world)).toEqual([]);
    expect(keysOf(world)).toEqual(['K0', 'STRANGER-1']);
  });
});

test('a rotation over keys that may be ours or not is not resolved before a person has told them apart', async () => {
  const { world, handle, quarantined, end } = await bench.start({
    faults: [ambiguous],
    prepare: ({ network, strangers }) => network.beforeNext('mint', strangers.atProvider),
  });
  const { quarantine } = await quarantined();
  expect(quarantine).toMatchObject({ step: 'create', during: 'undo', reason: { kind: 'ambiguous' } });
  await expect(resolve(handle, ada)).rejects.toMatchObject({ kind: 'ambiguous' });
  expect(keysOf(world)).toEqual(['K0', 'STRANGER-1', 'K1']);

  world.provider.removeByHand('K1');
  world.keys.use('STRANGER-1', 'who made it');
  expect(await resolve(handle, ada)).toBe('restored');
  expect(await end()).toMatchObject({ outcome: 'restored', resolvedBy: 'ada' });
  expect(keysOf(world)).toEqual(['K0', 'STRANGER-1']);
});
