import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import * as rotations from '../../client/rotations.ts';
import { pause } from '../../client/schedules.ts';
import { type Calendar, type Credential, workflowIdOf } from '../../contract/index.ts';
import { waitsFor } from '../support/consumers.ts';
import { type Rotating, readCurrent, startRotating } from '../support/rotating.ts';
import { entriesOf } from './support/scene.ts';
import {
  applied,
  firstValue,
  frozen,
  inGrace,
  opensSoon,
  removeApplied,
  says,
  storedCredential,
} from './support/scheduling.ts';

/** What becomes of a schedule that fires. Without a cache, so that every task replays its workflow. */

vi.setConfig({ testTimeout: 180_000 });

let rotating: Rotating;
beforeAll(async () => {
  rotating = await startRotating({ maxCachedWorkflows: 0 });
});
afterAll(async () => {
  await removeApplied();
  await rotating?.stop();
});

const current = ({ targets: [target] }: Credential) => (target ? readCurrent(rotating.ctx, target) : '');
const isOpen = async ({ id }: Credential) =>
  (
    await rotations
      .rotationOf(rotating.client, id)
      .describe()
      .catch(() => undefined)
  )?.status.name === 'RUNNING';

describe.concurrent('a schedule that fires', () => {
  test('rotates, in its own name, and ends with the rotation', async () => {
    const credential = await storedCredential(rotating);
    const run = await (await applied(rotating, credential)).fire();
    const result = await run.result();
    const handle = rotations.rotationOf(rotating.client, credential.id);
    expect(result).toEqual({ outcome: 'rotated', rotation: (await rotations.ended(handle)).rotation });
    expect(await current(credential)).not.toBe(firstValue);
    const reason = 'it is due: every 3000d';
    expect((await rotations.progress(handle)).requests).toMatchObject([
      { by: 'schedule', urgency: 'routine', fate: 'served' },
    ]);
    expect(await entriesOf(rotating, credential)).toContainEqual(
      expect.objectContaining({
        kind: 'request',
        by: 'schedule',
        from: run.workflowId,
        detail: expect.objectContaining({ reason }),
      }),
    );
    const { raw, searchAttributes } = await handle.describe();
    expect(searchAttributes).toMatchObject({ KeyturnCredential: [credential.id], KeyturnOutcome: ['rotated'] });
    expect(raw.executionConfig).toMatchObject({ workflowExecutionTimeout: {}, workflowRunTimeout: {} });
  });

  test('waits for the window, and begins when it opens', { timeout: 240_000 }, async () => {
    const { calendar, opensMs } = opensSoon();
    const credential = await storedCredential(rotating, { calendar });
    const run = await (await applied(rotating, credential)).fire();
    expect(await says(run, /waits/)).toContain(new Date(opensMs).toISOString());
    expect(await isOpen(credential)).toBe(false);
    expect(await run.result()).toMatchObject({ outcome: 'rotated' });
    const { startedAt } = await rotations.ended(rotations.rotationOf(rotating.client, credential.id));
    expect(Date.parse(startedAt)).toBeGreaterThanOrEqual(opensMs);
  });

  test('waits, while the id stays free for people, and begins what is declared then', async () => {
    const credential = await storedCredential(rotating, { calendar: frozen() });
    const schedule = await applied(rotating, credential);
    const run = await schedule.fire();
    await says(run, /waits/);
    expect(await rotating.rotate(credential, { urgency: 'expedited' })).toMatchObject({ outcome: 'rotated' });
    const byHand = await current(credential);
    await says(run, /waits/);
    await schedule.redeclare({ ...credential, owner: 'others', calendar: { freezes: [] } });
    expect(await run.result()).toMatchObject({ outcome: 'rotated' });
    expect(await current(credential)).not.toBe(byHand);
    const handle = rotations.rotationOf(rotating.client, credential.id);
    expect((await handle.describe()).searchAttributes).toMatchObject({ KeyturnOwner: ['others'] });
  });

  test('leaves the rotation to whoever has begun it', async () => {
    const credential = await storedCredential(rotating, { graceMs: 600_000 });
    const started = await rotating.start(credential);
    await rotating.until(started, waitsFor('grace'));
    const run = await (await applied(rotating, credential)).fire();
    expect(await run.result()).toEqual({ joined: false, open: workflowIdOf(credential.id) });
    expect((await rotations.progress(started.handle)).requests).toMatchObject([{ by: 'tester' }]);
    await rotations.proceed(started.handle, { by: 'ada' });
    expect(await rotations.ended(started.handle)).toMatchObject({ outcome: 'rotated' });
  });

  test.each(['terminate', 'cancel'] as const)('%s of its run does the rotation no harm', async (verb) => {
    const credential = await storedCredential(rotating, { graceMs: 600_000 });
    const schedule = await applied(rotating, credential);
    const run = await schedule.fire();
    const handle = await inGrace(rotating, credential);
    await run[verb]();
    await expect(run.result()).rejects.toThrow();
    // A second one, which finds the rotation of the first.
    expect(await (await schedule.fire()).result()).toMatchObject({ joined: false });
    expect(await rotations.progress(handle)).toMatchObject({ state: 'running', waits: [{ name: 'grace' }] });
    await rotations.proceed(handle, { by: 'ada' });
    expect(await rotations.ended(handle)).toMatchObject({ outcome: 'rotated' });
  });

  test('does not fire a second time while its run lasts', async () => {
    const schedule = await applied(rotating, await storedCredential(rotating, { calendar: frozen() }));
    const run = await schedule.fire();
    await expect(schedule.fire()).rejects.toThrow('it was skipped');
    await run.terminate();
  });

  test('a pause lets go of what waits to begin, and of nothing that has begun', async () => {
    const waiting = await storedCredential(rotating, { calendar: frozen() });
    const begun = await storedCredential(rotating, { graceMs: 600_000 });
    const runs = await Promise.all([waiting, begun].map(async (each) => (await applied(rotating, each)).fire()));
    await says(runs[0] as (typeof runs)[0] & {}, /waits/);
    const handle = await inGrace(rotating, begun);
    for (const { id } of [waiting, begun]) await pause(rotating.client, id, { by: 'ada', reason: 'a test' });
    for (const run of runs) await expect(run.result()).rejects.toThrow();
    expect(await isOpen(waiting)).toBe(false);
    expect(await current(waiting)).toBe(firstValue);
    await rotations.proceed(handle, { by: 'ada' });
    expect(await rotations.ended(handle)).toMatchObject({ outcome: 'rotated' });
  });

  test('a run whose calendar never opens ends, and says why', async () => {
    const freeze = { from: '2000-01-01', to: '2999-12-31', timezone: 'UTC' };
    const credential = await storedCredential(rotating, { calendar: { freezes: [freeze] } as Calendar });
    const run = await (await applied(rotating, credential)).fire();
    await expect(run.result()).rejects.toMatchObject({
      cause: { message: expect.stringContaining('leave no time') },
    });
  });
});

test.each([
  ['nothing', []],
  ['an empty object', [{}]],
  ['no schedule', 'credential only'],
])('a run started by hand with %s ends at once', async (_what, given) => {
  const args = Array.isArray(given) ? given : [{ credential: await storedCredential(rotating) }];
  const { client, taskQueue } = rotating;
  const workflowId = `scheduled/by-hand/${crypto.randomUUID()}`;
  const run = await client.workflow.start('scheduledRotation', { workflowId, taskQueue, args });
  await expect(run.result()).rejects.toMatchObject({ cause: { message: expect.stringMatching(/^not a .* input/) } });
});
