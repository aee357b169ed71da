import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { fleetEnd, startFleet, tellFleet } from '../../client/fleets.ts';
import { ended, retry, rotationOf, startOrJoin } from '../../client/rotations.ts';
import type { Credential } from '../../contract/index.ts';
import { type Rotating, requestOf, startRotating } from '../support/rotating.ts';
import {
  attended,
  attestFor,
  failFor,
  fleetOf,
  isOpen,
  many,
  refuseFor,
  returnFor,
  waitsForApp,
  wasBegun,
} from './support/fleet.ts';
import { frozen, storedCredential } from './support/scheduling.ts';

/** Many credentials by one workflow. Every workflow is rebuilt from its history at every task. */

vi.setConfig({ testTimeout: 90_000 });

let rotating: Rotating;
beforeAll(async () => {
  rotating = await startRotating();
});
afterAll(() => rotating?.stop());

const ada = { by: 'ada', reason: 'a test' };
const longMs = 600_000;
const open = async (credentials: readonly Credential[]) => {
  const all = await Promise.all(credentials.map(async (each) => ((await isOpen(rotating, each)) ? [each] : [])));
  return all.flat();
};

describe.concurrent('a fleet', () => {
  test('so many rotate at once, and never more; it ends when all have', async () => {
    const credentials = await many(5, () => attended(rotating));
    const fleet = await fleetOf(rotating, credentials, { atOnce: 2, until: 'ended' });
    for (const credential of credentials) {
      const now = await fleet.until(
        ({ counts, rotating }) => rotating.length === Math.min(2, counts.of - counts.rotated),
      );
      expect(now.rotating.map((each) => each.credential)).toContain(credential.id);
      expect((await open(credentials)).length).toBeLessThanOrEqual(2);
      if (now.counts.rotated > 0) expect(now.leftMs).toEqual(expect.any(Number));
      await attestFor(rotating, credential);
      await ended(rotationOf(rotating.client, credential.id));
    }
    const end = await fleetEnd(fleet.handle);
    expect(end).toMatchObject({ outcome: 'done', counts: { of: 5, rotated: 5, failed: 0, waiting: 0 } });
    expect(await fleet.progress()).toMatchObject({ state: 'ended', end });
  });

  test('one whose new key is in use everywhere keeps no place, and is not waited for', async () => {
    const credentials = await many(3, () => storedCredential(rotating, { graceMs: longMs }));
    const fleet = await fleetOf(rotating, credentials, { atOnce: 1 });
    expect(await fleetEnd(fleet.handle)).toMatchObject({ outcome: 'done', counts: { refreshed: 3, failed: 0 } });
    expect(await open(credentials)).toHaveLength(3);
  });

  test('when more have failed than allowed nothing more is begun, and what is open goes on', async () => {
    const [fails, goesOn, never] = await many(3, () => attended(rotating));
    if (!fails || !goesOn || !never) throw new Error('there are three');
    const fleet = await fleetOf(rotating, [fails, goesOn, never], { atOnce: 2, until: 'ended' });
    await failFor(rotating, fails);
    const stopping = await fleet.until(({ state }) => state === 'stopping');
    expect(stopping.failures).toMatchObject([
      { credential: fails.id, outcome: 'restored', reason: { kind: 'invalid' } },
    ]);
    await attestFor(rotating, goesOn);
    const end = await fleetEnd(fleet.handle);
    expect(end).toMatchObject({ outcome: 'stopped', counts: { rotated: 1, restored: 1, waiting: 1, failed: 1 } });
    expect(await wasBegun(rotating, never)).toBe(false);
  });

  test('as many failures as allowed stop nothing', async () => {
    const [fails, rotates] = [await attended(rotating), await storedCredential(rotating)];
    const fleet = await fleetOf(rotating, [fails, rotates], { atOnce: 1, mostFailures: 1, until: 'ended' });
    await failFor(rotating, fails);
    expect(await fleetEnd(fleet.handle)).toMatchObject({ outcome: 'done', counts: { restored: 1, rotated: 1 } });
  });

  test('paused it begins nothing until it is resumed; who said so is shown', async () => {
    const [first, second] = [await attended(rotating), await storedCredential(rotating)];
    const fleet = await fleetOf(rotating, [first, second], { atOnce: 1, until: 'ended' });
    await waitsForApp(rotating, first);
    await tellFleet(fleet.handle, 'pause', ada);
    await expect(tellFleet(fleet.handle, 'pause', { by: 'bob' })).rejects.toThrow('paused already, by ada');
    await attestFor(rotating, first);
    const paused = await fleet.until(({ counts }) => counts.rotated === 1);
    expect(paused).toMatchObject({ state: 'paused', paused: ada, counts: { waiting: 1 } });
    expect(paused.leftMs).toBeUndefined();
    expect(await wasBegun(rotating, second)).toBe(false);
    await tellFleet(fleet.handle, 'resume', ada);
    expect(await fleetEnd(fleet.handle)).toMatchObject({ outcome: 'done', counts: { rotated: 2 } });
    await expect(tellFleet(fleet.handle, 'pause', ada)).rejects.toThrow(`no open fleet ${fleet.id}`);
  });

  test.each(['update', 'cancellation'] as const)('cancelled by %s it leaves no rotation halfway', async (way) => {
    const [first, never] = await many(2, () => attended(rotating));
    if (!first || !never) throw new Error('there are two');
    const fleet = await fleetOf(rotating, [first, never], { atOnce: 1, until: 'ended' });
    await waitsForApp(rotating, first);
    if (way === 'update') await tellFleet(fleet.handle, 'cancel', ada);
    else await fleet.handle.cancel();
    await fleet.until(({ state }) => state === 'cancelling');
    await expect(tellFleet(fleet.handle, 'resume', ada)).rejects.toThrow('cancelled already');
    await attestFor(rotating, first);
    const end = await fleetEnd(fleet.handle);
    expect(end).toMatchObject({ outcome: 'cancelled', counts: { rotated: 1, waiting: 1, failed: 0 } });
    expect(end.cancelled?.by).toBe(way === 'update' ? 'ada' : 'cancellation of the workflow');
    expect((await ended(rotationOf(rotating.client, first.id))).outcome).toBe('rotated');
    expect(await wasBegun(rotating, never)).toBe(false);
  });

  test('an open rotation takes the request on, also where its new key is in use already', async () => {
    const [early, late] = [await attended(rotating), await storedCredential(rotating, { graceMs: longMs })];
    const { client, taskQueue } = rotating;
    for (const each of [early, late]) await startOrJoin(client, each, requestOf(), taskQueue);
    await waitsForApp(rotating, early);
    await rotating.until(
      await startOrJoin(client, late, requestOf(), taskQueue),
      (now) => now.refreshedAt !== undefined,
    );
    const fleet = await fleetOf(rotating, [early, late]);
    const now = await fleet.until(({ counts }) => counts.refreshed === 1);
    expect(now.rotating).toMatchObject([{ credential: early.id, joined: true }]);
    await attestFor(rotating, early);
    const { counts, members } = await fleetEnd(fleet.handle);
    expect(counts.refreshed + counts.rotated).toBe(2);
    expect(members).toMatchObject([{ joined: true }, { joined: true, state: 'refreshed' }]);
  });

  test('a request that is carried on is heard of from the next rotation', async () => {
    const credential = await attended(rotating);
    const { client, taskQueue } = rotating;
    await startOrJoin(client, credential, requestOf(), taskQueue);
    const { newKey: failed } = await waitsForApp(rotating, credential);
    const fleet = await fleetOf(rotating, [credential], { until: 'ended' });
    await fleet.until(({ rotating }) => rotating[0]?.joined === true);
    await failFor(rotating, credential);
    for (;;) if ((await waitsForApp(rotating, credential)).newKey !== failed) break;
    await attestFor(rotating, credential);
    expect(await fleetEnd(fleet.handle)).toMatchObject({ counts: { rotated: 1 }, members: [{ outcome: 'rotated' }] });
  });

  test('one that needs a person is counted, not waited for, and heard of again', async () => {
    const [broken, other] = [await attended(rotating), await attended(rotating)];
    const fleet = await fleetOf(rotating, [broken, other], { mostFailures: 1, until: 'ended' });
    await waitsForApp(rotating, broken);
    const file = join(rotating.home, 'vault', `${broken.targets[0]?.secret}.vault.json`);
    const before = await readFile(file);
    await writeFile(file, 'not what Keyturn wrote');
    await refuseFor(rotating, broken);
    const now = await fleet.until(({ counts }) => counts.quarantined === 1);
    expect(now).toMatchObject({ state: 'running', failures: [{ state: 'quarantined', reason: { kind: 'invalid' } }] });
    await writeFile(file, before);
    await retry(rotationOf(rotating.client, broken.id), ada);
    await fleet.until(({ counts }) => counts.quarantined === 0);
    await returnFor(rotating, broken);
    await attestFor(rotating, other);
    expect(await fleetEnd(fleet.handle)).toMatchObject({ outcome: 'done', counts: { rotated: 1, restored: 1 } });
  });

  test('one that was ended by force is found at once, and a long silence is looked after', async () => {
    const [known, joined] = await many(2, () => attended(rotating));
    if (!known || !joined) throw new Error('there are two');
    const { handle } = await rotating.start(joined);
    await waitsForApp(rotating, joined);
    const fleet = await fleetOf(rotating, [known, joined], { mostFailures: 2, lookAfterMs: 1_000 });
    await fleet.until(({ rotating }) => rotating.length === 2);
    await waitsForApp(rotating, known);
    await rotationOf(rotating.client, known.id).terminate('a test');
    await handle.terminate('a test');
    const end = await fleetEnd(fleet.handle);
    expect(end).toMatchObject({ outcome: 'done', counts: { lost: 2, failed: 2 } });
    expect(end.members[0]?.reason?.message).toContain('ended without a word');
  });

  test('its calendar is waited for outside: no rotation is open meanwhile, and others have their turn', async () => {
    const [closed, next] = [await storedCredential(rotating, { calendar: frozen() }), await storedCredential(rotating)];
    const fleet = await fleetOf(rotating, [closed, next], { atOnce: 1, until: 'ended' });
    const { counts } = await fleet.until(({ counts }) => counts.rotated === 1);
    expect(counts.waiting).toBe(1);
    expect(await wasBegun(rotating, closed)).toBe(false);
    await tellFleet(fleet.handle, 'cancel', ada);
    const end = await fleetEnd(fleet.handle);
    expect(end.members[0]).toMatchObject({ state: 'waiting', closedUntil: expect.any(String) });
  });

  test('what shares a pace begins apart, and no more of it are open than it says', async () => {
    const credentials = await many(3, () => storedCredential(rotating));
    const members = credentials.map((credential) => ({ credential, paces: ['provider x'] }));
    const apartMs = 1_500;
    const fleet = await fleetOf(rotating, [], { members, paces: [{ name: 'provider x', apartMs }] });
    await fleetEnd(fleet.handle);
    const begins = await Promise.all(
      credentials.map(async ({ id }) => (await rotationOf(rotating.client, id).describe()).startTime.getTime()),
    );
    const gaps = begins
      .sort((a, b) => a - b)
      .slice(1)
      .map((ms, index) => ms - (begins[index] ?? 0));
    for (const gap of gaps) expect(gap).toBeGreaterThan(apartMs - 100);
  });

  test('rebuilt at every task it continues as new with all that it knows, and begins nothing twice', async ({
    onTestFinished,
  }) => {
    const rotating = await startRotating({ maxCachedWorkflows: 0 });
    onTestFinished(() => rotating.stop());
    const credentials = await many(3, () => attended(rotating));
    const fleet = await fleetOf(rotating, credentials, { atOnce: 2, until: 'ended', eventsMost: 25 });
    const { firstExecutionRunId } = await fleet.handle.describe().then(({ raw }) => ({
      firstExecutionRunId: raw.workflowExecutionInfo?.firstRunId,
    }));
    for (const credential of credentials) await attestFor(rotating, credential);
    const end = await fleetEnd(fleet.handle);
    expect(end).toMatchObject({ outcome: 'done', counts: { rotated: 3, failed: 0 } });
    const { runId } = await rotating.client.workflow.getHandle(fleet.handle.workflowId).describe();
    expect(runId).not.toBe(firstExecutionRunId);
    for (const { id } of credentials) expect(await rotationsOf(id, rotating)).toBe(1);
  });

  test('the same id again is the same fleet', async () => {
    const credential = await storedCredential(rotating);
    const { client, taskQueue } = rotating;
    const options = { atOnce: 1, mostFailures: 0, until: 'ended', paces: [] } as const;
    const input = { members: [{ credential, paces: [] }], request: requestOf(), ...options };
    const first = await startFleet(client, input, taskQueue);
    const second = await startFleet(client, input, taskQueue);
    expect([first.joined, second.joined]).toEqual([false, true]);
    const ends = [await fleetEnd(first.handle), await fleetEnd((await startFleet(client, input, taskQueue)).handle)];
    expect(ends[1]).toEqual(ends[0]);
    expect(await rotationsOf(credential.id)).toBe(1);
  });
});

async function rotationsOf(id: string, { sink } = rotating): Promise<number> {
  const closes = (await sink.read(id)).filter(({ entry }) => entry.kind === 'close');
  return closes.length;
}

test('what one workflow cannot carry is refused before anything begins', async () => {
  const credential = await storedCredential(rotating, { smokeTests: ['x'.repeat(600_000)] });
  const wanted = [credential, { ...credential, id: `${credential.id}-2` }];
  await expect(fleetOf(rotating, wanted)).rejects.toMatchObject({
    kind: 'limit',
    fix: expect.stringContaining('divide it'),
  });
});

test('messages that are not well formed are left aside', async () => {
  const credential = await attended(rotating);
  const fleet = await fleetOf(rotating, [credential]);
  for (const news of [undefined, {}, { request: fleet.id, credential: 'another', rotation: 'x', state: 'ended' }]) {
    await fleet.handle.signal('news', news as never);
  }
  await expect(fleet.handle.executeUpdate('pause', { args: [{}] })).rejects.toMatchObject({
    cause: { message: expect.stringContaining("the decision's by: ") },
  });
  await attestFor(rotating, credential);
  expect(await fleetEnd(fleet.handle)).toMatchObject({ outcome: 'done', counts: { failed: 0 } });
});

test('what is told to one that is about to end is not lost where other messages come in between', async () => {
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      const fleet = await fleetOf(rotating, [await storedCredential(rotating, { calendar: frozen() })]);
      await fleet.until(({ counts }) => counts.waiting === 1);
      // No workflow can end while such messages go on and on.
      const talk = async () => {
        for (let left = 40; left > 0; left -= 1) await fleet.handle.signal('news', {} as never).catch(() => undefined);
      };
      const talking = [talk(), talk(), talk()];
      await tellFleet(fleet.handle, 'cancel', ada);
      await Promise.all(talking);
      expect(await fleetEnd(fleet.handle)).toMatchObject({ outcome: 'cancelled' });
    }),
  );
});
