import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { resolve } from '../../client/rotations.ts';
import type { AuditEntry } from '../../contract/index.ts';
import { ada, type Bench, startBench } from './bench.ts';
import { loseReply, meanwhile, misreport, refuse } from './faults.ts';

/** Keys that were made and that nobody heard of, and keys that somebody else made. */

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench?.stop());

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
    const { world, end, audit } = await bench.start({
      faults: { mint: [loseReply, loseReply, refuse('unauthorized', 'no longer allowed')] },
    });
    expect(await end()).toMatchObject({ outcome: 'restored', reason: { kind: 'unauthorized' } });
    expect(world.events).toEqual(['made K1', 'removed K1', 'made K2', 'removed K2']);
    expect(world.keyIds()).toEqual(['K0']);
    expect(minted(await audit())).toEqual([
      [{ outcome: 'done', subject: 'K1', inferred: true }],
      [{ outcome: 'done', subject: 'K2', inferred: true }],
      [{ outcome: 'failed', subject: 'a new key', inferred: false }],
    ]);
  });

  test('is lost once: the audit names the key that is in use afterwards', async () => {
    const { world, end, audit } = await bench.start({ faults: { mint: [loseReply] } });
    expect(await end()).toMatchObject({ outcome: 'rotated', newKey: 'K2' });
    expect(world.serving()).toBe('K2');
    expect(world.keyIds()).toEqual(['K2']);
    expect(minted(await audit())).toEqual([
      [{ outcome: 'done', subject: 'K1', inferred: true }],
      [{ outcome: 'done', subject: 'K2', inferred: false }],
    ]);
  });

  test('makes no sense: whether a key was made stays open until it is looked for, and the key is known for ours', async () => {
    const { world, end, audit } = await bench.start({ faults: { mint: [misreport('ambiguous')] } });
    expect(await end()).toMatchObject({ outcome: 'restored', reason: { kind: 'ambiguous' } });
    expect(world.keyIds()).toEqual(['K0']);
    expect(minted(await audit())).toEqual([[{ outcome: 'done', subject: 'K1', inferred: true }]]);
  });

  test('is a 429, and then somebody else makes a key: theirs is never taken for ours', async () => {
    const tooMany = refuse('rate-limited', 'HTTP 429');
    const { world, end } = await bench.start({
      prepare(given) {
        given.faults.mint = [meanwhile(() => given.makeStranger(), tooMany)];
      },
    });
    expect(await end()).toMatchObject({ outcome: 'restored', reason: { kind: 'conflict' } });
    expect(world.events).toEqual([]);
    expect(world.keyIds()).toEqual(['K0', 'STRANGER']);
  });
});

test('a rotation over keys that may be ours or not is not resolved before a person has told them apart', async () => {
  const { world, handle, quarantined, end } = await bench.start({
    prepare(given) {
      given.faults.mint = [meanwhile(() => given.makeStranger(), misreport('ambiguous'))];
    },
  });
  const { quarantine } = await quarantined();
  expect(quarantine).toMatchObject({ step: 'create', during: 'undo', reason: { kind: 'ambiguous' } });
  await expect(resolve(handle, ada)).rejects.toMatchObject({ kind: 'ambiguous' });
  expect(world.keyIds()).toEqual(['K0', 'STRANGER', 'K1']);

  world.keys.delete('K1');
  const stranger = world.keys.get('STRANGER');
  if (stranger) stranger.lastUse = { at: new Date().toISOString() };
  expect(await resolve(handle, ada)).toBe('restored');
  expect(await end()).toMatchObject({ outcome: 'restored', resolvedBy: 'ada' });
  expect(world.keyIds()).toEqual(['K0', 'STRANGER']);
});
