import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { approve, proceed, resolve } from '../../client/rotations.ts';
import { ada, type Bench, startBench } from '../faults/real-bench.ts';
import { deedsOf, waitingFor } from '../faults/real-rotation.ts';
import { silent } from '../world/plain.ts';

/** Forged messages, sent past the command line to a rotation that runs. */

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench?.stop());

const good = { consumer: 'app', instance: 'one', keyId: 'K1', status: 'loaded' };

/** None of these is an attestation of `app` that it uses K1. */
const attestations: Record<string, unknown> = {
  'of another consumer': { ...good, consumer: 'other' },
  'of no consumer of this credential': { ...good, consumer: 'nobody' },
  'of a consumer by another spelling': { ...good, consumer: 'App' },
  'of another key': { ...good, keyId: 'K9' },
  'of no key at all': { consumer: 'app', instance: 'one', status: 'loaded' },
  'with another status': { ...good, status: 'LOADED' },
  'with a key that is no text': { ...good, keyId: ['K1'] },
  'with a field too many': { ...good, waives: 'other' },
  'with a field too many that JavaScript knows': JSON.parse(`{"__proto__":{"x":1},${JSON.stringify(good).slice(1)}`),
  'with a terminal’s control sequence': { ...good, instance: '\u001b]0;owned\u0007' },
  'with a second line': { ...good, instance: 'one\nconsumer other attests' },
  'with text that runs from right to left': { ...good, instance: '\u202eeno' },
  'with a name without end': { ...good, instance: 'x'.repeat(201) },
  'that is null': null,
  'that is a list': [good],
  'that is a text': JSON.stringify(good),
};

test('an attestation counts only where it is well formed and its consumer’s own', async () => {
  const { handle, world, says, until, end } = await bench.start({
    world: { consumers: [silent('app'), silent('other')] },
  });
  await until((now) => waitingFor('consumer app')(now) && waitingFor('consumer other')(now));
  world.consumer('other').instances[0]?.takeUp(world, 'K1', 'other');
  for (const message of Object.values(attestations)) await handle.signal('attest', message as never);
  const { waits } = await until((now) => !waitingFor('consumer other')(now));
  expect(waits).toMatchObject([{ name: 'consumer app', detail: expect.stringMatching(/^0 of 1 instances of app/) }]);
  await says({ consumer: 'app', keyId: 'K1', status: 'loaded' });
  expect(await end()).toMatchObject({
    outcome: 'rotated',
    evidence: { consumers: [{ consumer: 'app', instances: ['app-1'] }, { consumer: 'other' }] },
  });
});

const request = { id: 'forged', at: '2026-01-01T00:00:00.000Z', by: 'mallory', urgency: 'expedited' };

const requests: Record<string, unknown> = {
  'of an urgency that is none': { ...request, urgency: 'whenever' },
  'with a field too many': { ...request, approved: true },
  'of nobody': { ...request, by: '' },
  'with a second line': { ...request, by: 'mallory\nby ada' },
  'with a terminal’s control sequence': { ...request, reason: '\u001b[2Kdone' },
  'with a reason without end': { ...request, reason: 'x'.repeat(1_001) },
  'at no time': { ...request, at: 'now' },
  'with an option that is no choice': { ...request, acceptBroken: 'yes' },
  'that is null': null,
  'that is a list': [request],
};

test('a request that is not well formed is left aside', async () => {
  const { handle, world, until, end } = await bench.start({
    request: { by: 'ada' },
    credential: { graceMs: 600_000 },
  });
  await until(waitingFor('grace'));
  for (const message of Object.values(requests)) await handle.signal('request', message as never);
  expect((await until(() => true)).requests).toMatchObject([{ by: 'ada', fate: 'joined' }]);
  await proceed(handle, ada);
  expect(await end()).toMatchObject({ outcome: 'rotated' });
  expect(JSON.stringify(world.audit.entries)).not.toContain('mallory');
});

describe.concurrent('an approval', () => {
  const waiting = async (approvers = 1) => {
    const rotation = await bench.start({
      request: { by: 'mallory' },
      credential: { approval: { approvers, withinMs: 600_000 } },
    });
    const { planHash = '' } = await rotation.until(waitingFor('approval'));
    return { ...rotation, planHash };
  };

  test('by who asked, of another plan, twice by one, or by no name is refused', async () => {
    const { handle, planHash, world, end } = await waiting(2);
    await expect(approve(handle, { by: 'mallory', planHash })).rejects.toThrow('nobody approves their own request');
    await expect(approve(handle, { by: 'bob', planHash: 'another' })).rejects.toThrow('look at it again');
    await approve(handle, { by: 'bob', planHash });
    await expect(approve(handle, { by: 'bob', planHash })).rejects.toThrow('has approved already');
    for (const by of ['', 'bob\n', 'bob\u200b', '\u001b[31mada', 'x'.repeat(201), ['ada'], null, undefined]) {
      await expect(approve(handle, { by: by as string, planHash })).rejects.toMatchObject({ kind: 'invalid' });
    }
    expect(deedsOf(world)).toEqual([]);
    await approve(handle, { by: 'ada', planHash });
    expect(await end()).toMatchObject({ outcome: 'rotated' });
  });

  test('cannot be skipped, waived or resolved away', async () => {
    const { handle, planHash, world, end } = await waiting();
    await expect(proceed(handle, { by: 'mallory', wait: 'approval' })).rejects.toMatchObject({ kind: 'conflict' });
    await expect(proceed(handle, { by: 'mallory' })).rejects.toMatchObject({ kind: 'conflict' });
    await expect(resolve(handle, { by: 'mallory' })).rejects.toMatchObject({ kind: 'conflict' });
    expect(deedsOf(world)).toEqual([]);
    await approve(handle, { by: 'ada', planHash });
    expect(await end()).toMatchObject({ outcome: 'rotated' });
  });

  test('accepted: who approves is who the sender says it is', async () => {
    const { handle, planHash, world, end } = await waiting();
    await approve(handle, { by: 'somebody whom mallory names', planHash });
    expect(await end()).toMatchObject({ outcome: 'rotated' });
    expect(world.audit.entries).toContainEqual(
      expect.objectContaining({ verb: 'approve', by: 'somebody whom mallory names' }),
    );
  });
});
