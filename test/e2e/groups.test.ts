import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ended, proceed, rotationOf } from '../../client/rotations.ts';
import { type Credential, workflowIdOf } from '../../contract/index.ts';
import { type Rotating, startRotating } from '../support/rotating.ts';
import {
  aMoment,
  applied,
  frozen,
  inGrace,
  type Run,
  removeApplied,
  says,
  storedCredential,
} from './support/scheduling.ts';

/** Scheduled rotations of a group: how far apart they begin, and how many of them are open. */

vi.setConfig({ testTimeout: 180_000 });

let rotating: Rotating;
/** To replay a very long history at every task takes minutes. */
let caching: Rotating;
beforeAll(async () => {
  [rotating, caching] = await Promise.all([startRotating({ maxCachedWorkflows: 0 }), startRotating()]);
});
afterAll(async () => {
  await removeApplied();
  await Promise.all([rotating?.stop(), caching?.stop()]);
});

const by = { by: 'ada' };
const newGroup = (limits: { apartMs?: number; atOnce?: number }) => ({ name: randomUUID(), apartMs: 0, ...limits });
type Group = ReturnType<typeof newGroup>;

/** Scheduled, and not yet due. */
async function member(group: Group, given: Partial<Credential> = {}, on = rotating) {
  const credential = await storedCredential(on, { graceMs: 600_000, ...given });
  return { credential, ...(await applied(on, credential, { group })) };
}

const keeper = ({ name }: Group) => rotating.client.workflow.getHandle(`group/${name}`);
const wasBegun = async ({ id }: Credential) =>
  (await rotationOf(rotating.client, id)
    .describe()
    .catch(() => undefined)) !== undefined;

/** Queued behind another. */
const isQueued = (group: Group, { id }: Credential) => says(keeper(group) as Run, new RegExp(`${id} waits`));

/** @returns once it is over, so that its place is free. */
async function finish(credential: Credential) {
  const handle = await inGrace(rotating, credential);
  await proceed(handle, by);
  return ended(handle);
}

describe.concurrent('a group', () => {
  test('atOnce: the next begins when one has ended', async () => {
    const group = newGroup({ atOnce: 1 });
    const [first, second] = [await member(group), await member(group)];
    expect(await (await first.fire()).result()).toEqual({ taken: true });
    await inGrace(rotating, first.credential);
    const run = await second.fire();
    await isQueued(group, second.credential);
    expect(await wasBegun(second.credential)).toBe(false);
    const { endedAt, outcome } = await finish(first.credential);
    expect(outcome).toBe('rotated');
    expect(await run.result()).toEqual({ taken: true });
    const { startedAt } = await finish(second.credential);
    expect(Date.parse(startedAt)).toBeGreaterThanOrEqual(Date.parse(endedAt));
    // Nobody needs it any more.
    await keeper(group).result();
  });

  test('atOnce: a rotation that was ended by force keeps no place', async () => {
    const group = newGroup({ atOnce: 1 });
    const [first, second] = [await member(group), await member(group)];
    await (await first.fire()).result();
    const handle = await inGrace(rotating, first.credential);
    const run = await second.fire();
    await isQueued(group, second.credential);
    await handle.terminate('a test');
    expect(await run.result()).toEqual({ taken: true });
    expect(await finish(second.credential)).toMatchObject({ outcome: 'rotated' });
  });

  test.each(['terminate', 'cancel'] as const)('after a %s of one that waits, the next has its turn', async (verb) => {
    const group = newGroup({ atOnce: 1 });
    const [first, gone, last] = [await member(group), await member(group), await member(group)];
    await (await first.fire()).result();
    const waiting = await gone.fire();
    await isQueued(group, gone.credential);
    const run = await last.fire();
    await isQueued(group, last.credential);
    await waiting[verb]();
    await expect(waiting.result()).rejects.toThrow();
    await finish(first.credential);
    expect(await run.result()).toEqual({ taken: true });
    expect(await finish(last.credential)).toMatchObject({ outcome: 'rotated' });
    expect(await wasBegun(gone.credential)).toBe(false);
  });

  test('apart: two begin so far from each other', async () => {
    const apartMs = 5_000;
    const group = newGroup({ apartMs });
    const members = [await member(group, { graceMs: 0 }), await member(group, { graceMs: 0 })];
    const runs = await Promise.all(members.map(({ fire }) => fire()));
    for (const run of runs) expect(await run.result()).toEqual({ taken: true });
    await keeper(group).result();
    const begins = await Promise.all(members.map(({ credential }) => begunAtMs(credential)));
    expect(Math.max(...begins) - Math.min(...begins)).toBeGreaterThanOrEqual(apartMs);
  });

  test('one that a person has begun takes no place, and the rotation is theirs', async () => {
    const group = newGroup({ atOnce: 1 });
    const [theirs, next] = [await member(group), await member(group)];
    await rotating.start(theirs.credential);
    await inGrace(rotating, theirs.credential);
    expect(await (await theirs.fire()).result()).toEqual({ taken: true });
    await (await next.fire()).result();
    expect(await finish(next.credential)).toMatchObject({ outcome: 'rotated' });
    expect(await finish(theirs.credential)).toMatchObject({ outcome: 'rotated' });
  });

  test('who waits takes on another declaration: another calendar, no group', async () => {
    const group = newGroup({ atOnce: 1 });
    const [first, second] = [await member(group), await member(group)];
    await (await first.fire()).result();
    const run = await second.fire();
    await isQueued(group, second.credential);
    await second.redeclare({ ...second.credential, calendar: frozen() });
    await says(run, /waits.* until/);
    await finish(first.credential);
    await keeper(group).result();
    expect(await wasBegun(second.credential)).toBe(false);
    await second.redeclare({ ...second.credential, graceMs: 0 }, {});
    expect(await run.result()).toMatchObject({ outcome: 'rotated' });
  });

  test('asks that are not well formed are left aside', async () => {
    const group = newGroup({ atOnce: 1 });
    const first = await member(group);
    await (await first.fire()).result();
    for (const ask of [undefined, {}, { run: 'x', group: { name: 'another', apartMs: 0 } }]) {
      await keeper(group).signal('ask', ask);
    }
    expect(await finish(first.credential)).toMatchObject({ outcome: 'rotated' });
    await keeper(group).result();
  });
});

test('a keeper whose history is long continues as new, and forgets nobody', async () => {
  const group = newGroup({ atOnce: 1 });
  const [first, second] = [await member(group, {}, caching), await member(group, {}, caching)];
  await (await first.fire()).result();
  const run = await second.fire();
  await isQueued(group, second.credential);
  const { runId } = await keeper(group).describe();
  await outgrow(group);
  await finish(first.credential);
  expect(await run.result()).toEqual({ taken: true });
  expect((await keeper(group).describe()).runId).not.toBe(runId);
  expect(await finish(second.credential)).toMatchObject({ outcome: 'rotated' });
});

async function begunAtMs({ id }: Credential): Promise<number> {
  return (await rotationOf(rotating.client, id).describe()).startTime.getTime();
}

/** Until the server suggests that it continues as new. */
async function outgrow(group: Group): Promise<void> {
  for (;;) {
    const { historyLength } = await keeper(group).describe();
    if (historyLength > 4_200) return;
    await Promise.all(Array.from({ length: 500 }, () => keeper(group).signal('leave', workflowIdOf('nobody'))));
    await aMoment();
  }
}
