import { randomUUID } from 'node:crypto';
import { ScheduleOverlapPolicy } from '@temporalio/client';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { applyLookout, compareLookout, lookoutId } from '../../client/lookout-schedule.ts';
import { appendEntry } from '../../connectors/audit/chain.ts';
import type { AuditEntry, LookoutEnd, RotationEnd, Watched } from '../../contract/index.ts';
import { type Rotating, startRotating } from '../support/rotating.ts';
import { startReceiver } from './support/notified.ts';
import { aMoment } from './support/scheduling.ts';

/** Who is told of what has become too old: once for each last rotation, whatever else goes on. */

vi.setConfig({ testTimeout: 120_000 });

const dayMs = 86_400_000;
const daysAgo = (days: number) => new Date(Date.now() - days * dayMs).toISOString();

let receiver: Awaited<ReturnType<typeof startReceiver>>;
let rotating: Rotating;
beforeAll(async () => {
  receiver = await startReceiver();
  rotating = await startRotating({ env: receiver.env, maxCachedWorkflows: 0 });
});
afterAll(async () => {
  await rotating?.client.schedule.getHandle(lookoutId).delete();
  await rotating?.stop();
  await receiver?.stop();
});

const write = (credential: string, entry: Partial<AuditEntry> & Pick<AuditEntry, 'at' | 'kind' | 'verb'>) => {
  const rotation = entry.rotation ?? randomUUID();
  return appendEntry(rotating.sink, { credential, rotation, effect: `${rotation}/${entry.verb}`, ...entry });
};

async function rotated(credential: string, days: number): Promise<string> {
  const at = daysAgo(days);
  const end: RotationEnd = { rotation: randomUUID(), credential, outcome: 'rotated', startedAt: at, endedAt: at };
  await write(credential, { at, kind: 'close', verb: 'close', detail: { end } });
  return at;
}

/** Puts it into Temporal, and has it look, as if an hour had passed. */
async function look(watched: readonly Watched[]): Promise<LookoutEnd> {
  const { client, taskQueue } = rotating;
  const change = await compareLookout(client, watched, taskQueue);
  if (change) await applyLookout(client, change, true);
  const handle = client.schedule.getHandle(lookoutId);
  const before = (await handle.describe()).info.numActionsTaken;
  await handle.trigger(ScheduleOverlapPolicy.SKIP);
  for (;;) {
    const { info } = await handle.describe();
    const last = info.recentActions.at(-1);
    if (info.numActionsTaken > before && last && info.runningActions.length === 0) {
      return client.workflow.getHandle(last.action.workflow.workflowId).result() as Promise<LookoutEnd>;
    }
    await aMoment();
  }
}

test('each is told once for each last rotation, and again where telling failed', async () => {
  const name = randomUUID();
  const id = (what: string) => `lookout/${name}/${what}`;
  const { answers, notify, told } = receiver;
  const watched = ['old', 'young', 'never', 'adopted', 'adopted-long-ago', 'stored'].map((what) => ({
    ...{ id: id(what), maxAgeMs: 30 * dayMs, notify },
  }));
  const first = await rotated(id('old'), 40);
  await rotated(id('young'), 20);
  await write(id('adopted'), { at: daysAgo(1), kind: 'decision', verb: 'adopt' });
  await write(id('adopted-long-ago'), { at: daysAgo(31), kind: 'decision', verb: 'adopt' });
  await write(id('stored'), {
    at: daysAgo(2),
    kind: 'result',
    verb: 'write',
    outcome: 'done',
    rotation: `store-${name}`,
  });

  // One that cannot be delivered now is no reason to forget it.
  answers.push(400);
  const end = await look(watched);
  expect(end).toEqual({ told: {}, failed: [expect.stringContaining('the webhook for notices answered HTTP 400')] });
  expect(told).toEqual([]);

  answers.push(503);
  const overdue = { [id('old')]: first, [id('never')]: 'never', [id('adopted-long-ago')]: 'never' };
  expect(await look(watched)).toEqual({ told: overdue, failed: [] });
  const ids = Object.entries(overdue).map(([credential, at]) => `overdue/${credential}/${at}`);
  expect(told.map((each) => each.id).sort()).toEqual([...ids].sort());
  const [one] = told.filter(({ keyturn }) => keyturn.credential === id('old'));
  expect(one?.text).toContain(`${id('old')} is overdue: it was last rotated at ${first}`);
  expect(one?.keyturn).toMatchObject({
    ...{ kind: 'overdue', rotation: null },
    todo: [`keyturn status ${id('old')}`, `where nothing is open: keyturn rotate ${id('old')}`, expect.anything()],
  });

  expect(await look(watched)).toEqual({ told: overdue, failed: [] });
  // Another declaration forgets nobody, and neither does a run that was ended by force.
  const others = [...watched, { id: id('new'), maxAgeMs: dayMs, notify, site: `nowhere-${name}` }];
  expect(told).toHaveLength(3);
  await terminated(others);

  const second = await rotated(id('old'), 35);
  expect(await look(watched)).toMatchObject({ told: { ...overdue, [id('old')]: second } });
  expect(told.map((each) => each.id)).toEqual([
    ...told.slice(0, 3).map((each) => each.id),
    `overdue/${id('old')}/${second}`,
  ]);
});

/** At a site without a worker it would wait. */
async function terminated(watched: readonly Watched[]): Promise<void> {
  const { client } = rotating;
  const looking = look(watched);
  const handle = client.schedule.getHandle(lookoutId);
  const running = async () => (await handle.describe()).info.runningActions[0]?.workflow.workflowId;
  while ((await running()) === undefined) await aMoment();
  await client.workflow.getHandle((await running()) ?? '').terminate('a test');
  await expect(looking).rejects.toThrow();
}

test.each([
  ['nothing', []],
  ['a list of names', [{ watched: ['a/b'] }]],
])('started by hand with %s it ends at once', async (_what, args) => {
  const { client, taskQueue } = rotating;
  const run = await client.workflow.start('lookout', { workflowId: `lookout/${randomUUID()}`, taskQueue, args });
  await expect(run.result()).rejects.toMatchObject({ cause: { message: expect.stringMatching(/^not the lookout/) } });
});
