import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, ScheduleOverlapPolicy } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { Cron } from 'croner';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { stringify } from 'yaml';
import { exitCodes } from '../../cli/exit-codes.ts';
import { type Connected, connect } from '../../client/connect.ts';
import { type DevServer, startDevServer } from '../../client/embedded/dev-server.ts';
import { searchAttributes } from '../../contract/index.ts';
import { CommandLine, type Ended } from './command-line.ts';

vi.setConfig({ testTimeout: 120_000 });

/** Its own server, because what `--prune` removes must not be that of others. */
let server: DevServer;
let temporal: Connected;

beforeAll(async () => {
  server = await startDevServer();
  temporal = await connect({ TEMPORAL_ADDRESS: server.address });
});
afterAll(async () => {
  await temporal?.close();
  await server?.stop();
});

const monthly = { every: '30d', jitter: '2h' };
const weekly = { cron: '0 3 * * mon', timezone: 'Europe/Berlin', catchUp: 'skip' };

/** What a test schedules is gone after it. */
let line: CommandLine;
beforeEach(() => {
  line = CommandLine.forTest({ TEMPORAL_ADDRESS: server.address });
  onTestFinished(async () => {
    for (const id of await ours()) await temporal.client.schedule.getHandle(id).delete();
    await listed((ids) => ids.length === 0);
  });
});

function declare(schedules: Record<string, object | undefined>, more: object = {}, top: object = {}): void {
  const ids = Object.keys(schedules);
  const credentials = ids.map((id) => [
    id,
    {
      ...{ owner: 'tests', provider: { type: 'random' }, soak: 0, consumers: [{ type: 'pull', name: 'app' }] },
      targets: [{ name: 'main', vault: 'file', secret: id }],
      ...(schedules[id] && { schedule: schedules[id] }),
      ...more,
    },
  ]);
  line.catalog(stringify({ credentials: Object.fromEntries(credentials), ...top }));
}

async function ours(): Promise<string[]> {
  const ids: string[] = [];
  for await (const { scheduleId } of temporal.client.schedule.list()) ids.push(scheduleId);
  return ids.sort();
}

/** The list of schedules lags behind what was done. */
async function listed(holds: (ids: string[]) => boolean): Promise<void> {
  while (!holds(await ours())) await sleep(50);
}

const inTemporal = (id: string) => temporal.client.schedule.getHandle(`keyturn/${id}`).describe();
const changes = ({ json }: Ended) => json.changes as { credential: string; action: string; differences: string[] }[];
const actions = (ended: Ended) =>
  Object.fromEntries(changes(ended).map(({ action, credential }) => [credential, action]));

test('plan shows what apply then does, and only once', async () => {
  declare({ 'demo/a': monthly, 'demo/b': weekly, 'demo/by-hand': undefined });
  const before = await line.run(['plan', '--exit-code', '--json']);
  expect(before).toMatchObject({ code: exitCodes.changes, json: { exitCode: exitCodes.changes } });
  expect(actions(before)).toEqual({ 'demo/a': 'create', 'demo/b': 'create' });
  const people = await line.run(['plan']);
  expect(people.code).toBe(exitCodes.ok);
  expect(people.stdout).toContain('+ create    demo/b: cron 0 3 * * mon (Europe/Berlin)');
  expect(people.stdout).toContain('2 to create, 0 to change, 0 unchanged');
  expect(await ours()).toEqual([]);

  const applied = await line.run(['apply', '--json']);
  expect(applied).toMatchObject({ code: exitCodes.ok, json: { changes: [{ applied: true }, { applied: true }] } });
  expect(applied.stderr).toContain('demo/a: every 30d');
  expect(await line.run(['plan', '--exit-code'])).toMatchObject({
    code: exitCodes.ok,
    stdout: expect.stringContaining('Nothing to do'),
  });
  const again = await line.run(['apply', '--json']);
  expect(actions(again)).toEqual({ 'demo/a': 'unchanged', 'demo/b': 'unchanged' });
  expect((await inTemporal('demo/a')).info.lastUpdatedAt).toBeUndefined();
  expect(await temporal.client.workflow.count()).toMatchObject({ count: 0 });
});

test('everything about a schedule is set, and its phase is its own', async () => {
  declare({ 'demo/a': monthly, 'demo/b': weekly, 'demo/c': monthly });
  await line.run(['apply']);
  const [a, b, c] = await Promise.all(['demo/a', 'demo/b', 'demo/c'].map(inTemporal));
  const dayMs = 86_400_000;
  expect(a).toMatchObject({
    spec: { jitter: 7_200_000, intervals: [{ every: 30 * dayMs }] },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: 30 * dayMs, pauseOnFailure: false },
    action: { workflowType: 'scheduledRotation', workflowId: 'scheduled/demo/a', taskQueue: 'keyturn' },
    state: { paused: false },
  });
  expect(a?.spec.intervals?.[0]?.offset).not.toBe(c?.spec.intervals?.[0]?.offset);
  expect(b).toMatchObject({
    spec: {
      timezone: 'Europe/Berlin',
      jitter: 0,
      calendars: [{ hour: [{ start: 3 }], dayOfWeek: [{ start: 'MONDAY' }] }],
    },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: 10_000 },
  });
});

test('Temporal reads a cron as other crons do', async () => {
  const timezone = 'Europe/Berlin';
  const crons = [
    '0 4 * * mon',
    '5 4 1 * *',
    '*/15 5-6,22 1 jan-mar 1',
    '0 4 1 * mon',
    '0 4 * * fri-sun',
    '0 4 * * 5-7',
  ];
  const ids = crons.map((_cron, index) => `demo/${index}`);
  declare(Object.fromEntries(crons.map((cron, index) => [`demo/${index}`, { cron, timezone }])));
  expect(await line.run(['apply'])).toMatchObject({ code: exitCodes.ok });
  const fires = await Promise.all(ids.map(async (id) => (await inTemporal(id)).info.nextActionTimes.slice(0, 5)));
  const next = crons.map((cron) => new Cron(cron, { paused: true, timezone }).nextRuns(5));
  expect(fires).toEqual(next);
});

test('a group and freezes go with the schedule, and say what changed', async () => {
  const freezes = [{ from: '2020-12-20', to: '2021-01-05' }];
  declare({ 'demo/a': monthly }, { group: 'pair' }, { freezes, groups: { pair: { apart: '4h', atOnce: 1 } } });
  await line.run(['apply']);
  expect(await inTemporal('demo/a')).toMatchObject({
    action: {
      args: [{ credential: { calendar: { freezes } }, group: { name: 'pair', apartMs: 14_400_000, atOnce: 1 } }],
    },
  });
  declare({ 'demo/a': monthly }, { group: 'pair' }, { groups: { pair: { apart: '90m', atOnce: 1 } } });
  expect(changes(await line.run(['plan', '--json']))).toMatchObject([
    { action: 'change', differences: ['credential.calendar removed', 'group.apart: 4h to 90m'] },
  ]);
});

test('an edited catalog takes effect, says what changed, and moves nothing else', async () => {
  declare({ 'demo/a': monthly, 'demo/b': weekly });
  await line.run(['apply']);
  const offset = async () => (await inTemporal('demo/a')).spec.intervals?.[0]?.offset;
  const before = await offset();
  declare({ 'demo/a': { ...monthly, jitter: '1h' }, 'demo/b': weekly }, { owner: 'others' });
  const plan = await line.run(['plan', '--json']);
  expect(changes(plan)).toMatchObject([
    { differences: expect.arrayContaining(['credential.owner: tests to others', 'schedule.jitter: 2h to 1h']) },
    { action: 'change', differences: ['credential.owner: tests to others'] },
  ]);
  await line.run(['apply']);
  expect(await offset()).toBe(before);
  expect(await inTemporal('demo/a')).toMatchObject({ spec: { jitter: 3_600_000 } });
  expect(await inTemporal('demo/b')).toMatchObject({ action: { args: [{ credential: { owner: 'others' } }] } });
  expect(await line.run(['plan', '--exit-code'])).toMatchObject({ code: exitCodes.ok });
});

async function putForeign(client: Client, scheduleId: string, workflowType: string): Promise<void> {
  const action = { type: 'startWorkflow' as const, workflowType, taskQueue: 'theirs' };
  await client.schedule.create({ scheduleId, spec: { intervals: [{ every: '365d' }] }, action });
}

test('what is no longer declared goes with --prune only, and what is not ours never', async () => {
  const foreign = ['keyturn/theirs', 'nightly'];
  await putForeign(temporal.client, 'keyturn/theirs', 'theirWorkflow');
  await putForeign(temporal.client, 'nightly', 'scheduledRotation');
  declare({ 'demo/a': monthly, 'demo/b': weekly, 'demo/c': weekly });
  await line.run(['apply']);
  await listed((ids) => ids.length === 5);

  declare({ 'demo/a': monthly, 'demo/b': undefined });
  const wanted = { 'demo/a': 'unchanged', 'demo/b': 'remove', 'demo/c': 'remove' };
  expect(actions(await line.run(['plan', '--json']))).toEqual(wanted);
  const kept = await line.run(['apply']);
  expect(kept).toMatchObject({ code: exitCodes.ok, stdout: expect.stringContaining('demo/c is no longer scheduled') });
  expect(await ours()).toHaveLength(5);
  const pruned = await line.run(['apply', '--prune', '--json']);
  expect(actions(pruned)).toEqual(wanted);
  await listed((ids) => ids.length === 3);
  expect(await ours()).toEqual([...foreign, 'keyturn/demo/a'].sort());
});

/** A module with which a process stops, as by SIGSTOP, when it has said this. */
function stopsAfter(text: string): string {
  const code = `const { write } = process.stderr; process.stderr.write = (said, ...rest) => {
    write.call(process.stderr, said, ...rest);
    if (String(said).includes('${text}')) process.kill(process.pid, 'SIGSTOP');
    return true;
  };`;
  return `data:text/javascript,${encodeURIComponent(code)}`;
}

test('two who apply different catalogs at once: who is overtaken is told what, and overwrites nothing', async () => {
  const ids = Array.from({ length: 5 }, (_, index) => `demo/${index}`);
  const all = Object.fromEntries(ids.map((id) => [id, monthly]));
  declare(all);
  await line.run(['apply']);
  const other = CommandLine.forTest(line.env);
  const mine = line;
  declare(all, { owner: 'mine' });
  line = other;
  declare(all, { owner: 'theirs' });
  const running = mine.start(['apply', '--json'], {
    nodeOptions: [`--import=${stopsAfter('demo/1: credential.owner')}`],
  });
  await running.says('demo/1: credential.owner');
  expect(await other.run(['apply'])).toMatchObject({ code: exitCodes.ok });
  running.child.kill('SIGCONT');
  const ended = await running.ended;
  expect(ended).toMatchObject({ code: exitCodes.refused, json: { changedByOthers: expect.any(Array), exitCode: 7 } });
  expect([...(ended.json.changedByOthers as string[])].sort()).toEqual([...ids].sort());
  expect(ended.stderr).toMatch(/error: somebody else has changed meanwhile: .*demo\/4/);
  expect(ended.stderr).toContain('fix: see `keyturn plan`, then apply again');
  for (const id of ids) {
    expect(await inTemporal(id)).toMatchObject({ action: { args: [{ credential: { owner: 'theirs' } }] } });
  }
});

test('a schedule of somebody else under our name is named, and nothing is applied', async () => {
  await putForeign(temporal.client, 'keyturn/demo/b', 'theirWorkflow');
  declare({ 'demo/a': monthly, 'demo/b': weekly });
  for (const command of ['plan', 'apply']) {
    const { code, stderr } = await line.run([command]);
    expect(code).toBe(exitCodes.refused);
    expect(stderr).toContain("a schedule keyturn/demo/b that is not Keyturn's: it starts theirWorkflow");
  }
  expect(await line.run(['pause', 'demo/b', '--reason', 'x'])).toMatchObject({ code: exitCodes.usage });
  expect(await inTemporal('demo/b')).toMatchObject({ state: { paused: false } });
  await expect(inTemporal('demo/a')).rejects.toThrow();
});

test('what has a maxAge is watched, where the catalog says how people are told', async () => {
  const notify = { url: 'https://hooks.internal/x', secret: { env: 'HOOK' } };
  const inLookout = async () =>
    (await temporal.client.schedule.getHandle('keyturn-lookout').describe()).action.args?.[0];
  const watched = (id: string, days: number) => ({ id, maxAgeMs: days * 86_400_000, notify });
  declare({ 'demo/a': undefined, 'demo/b': undefined }, { maxAge: '90d' });
  expect((await line.run(['plan', '--json'])).json).toMatchObject({ lookout: null });
  declare({ 'demo/a': undefined, 'demo/b': undefined }, { maxAge: '90d' }, { notify });
  expect(await line.run(['plan', '--exit-code'])).toMatchObject({
    code: exitCodes.changes,
    stdout: expect.stringContaining('+ create    the lookout: watches the age of 2 credentials'),
  });
  expect(await line.run(['apply', '--json'])).toMatchObject({
    code: exitCodes.ok,
    json: { lookout: { action: 'create', applied: true, watched: ['demo/a', 'demo/b'], left: [] } },
  });
  expect(await inLookout()).toEqual({ watched: [watched('demo/a', 90), watched('demo/b', 90)] });
  expect(await line.run(['plan', '--exit-code'])).toMatchObject({ code: exitCodes.ok });

  // Another catalog, on the same namespace.
  declare({ 'demo/b': undefined, 'demo/c': undefined }, { maxAge: '30d' }, { notify });
  const { stdout } = await line.run(['plan']);
  expect(stdout).toContain('~ change    the lookout: demo/b maxAge: 90d to 30d; demo/c is watched (maxAge 30d)');
  expect((await line.run(['apply'])).stdout).toContain('The age of demo/a is still watched: --prune ends that.');
  expect(await inLookout()).toEqual({ watched: [watched('demo/a', 90), watched('demo/b', 30), watched('demo/c', 30)] });
  expect((await line.run(['plan'])).stdout).toContain('- remove    the lookout: no longer declared: demo/a');
  await line.run(['apply', '--prune']);
  expect(await inLookout()).toEqual({ watched: [watched('demo/b', 30), watched('demo/c', 30)] });

  declare({ 'demo/b': undefined });
  expect((await line.run(['apply', '--json'])).json).toMatchObject({ lookout: { action: 'remove', applied: false } });
  await line.run(['apply', '--prune']);
  await listed((ids) => ids.length === 0);
});

test('a schedule of somebody else in the place of the lookout is named', async () => {
  await putForeign(temporal.client, 'keyturn-lookout', 'theirWorkflow');
  declare({ 'demo/a': monthly });
  expect(await line.run(['apply'])).toMatchObject({
    code: exitCodes.refused,
    stderr: expect.stringContaining("a schedule keyturn-lookout that is not Keyturn's: it starts theirWorkflow"),
  });
  await expect(inTemporal('demo/a')).rejects.toThrow();
});

test('a pause says who and why, and an apply keeps it', async () => {
  declare({ 'demo/a': monthly });
  await line.run(['apply']);
  const paused = await line.run(['pause', 'demo/a', '--reason', 'the vendor moves', '--json']);
  expect(paused).toMatchObject({ code: exitCodes.ok, json: { paused: true, already: false } });
  const note = expect.stringMatching(/^paused by .+@.+: the vendor moves$/);
  expect(await inTemporal('demo/a')).toMatchObject({ state: { paused: true, note } });
  const twice = await line.run(['pause', 'demo/a', '--reason', 'another', '--json']);
  expect(twice).toMatchObject({ code: exitCodes.ok, json: { paused: true, already: true, note } });

  declare({ 'demo/a': { every: '7d' } });
  expect((await line.run(['plan'])).stdout).toMatch(/demo\/a: .*every 30d to every 7d.*stays paused \(paused by/);
  await line.run(['apply']);
  expect(await inTemporal('demo/a')).toMatchObject({
    spec: { intervals: [{ every: 7 * 86_400_000 }] },
    state: { paused: true, note },
  });

  const resumed = await line.run(['resume', 'demo/a', '--reason', 'it has moved']);
  expect(resumed).toMatchObject({ code: exitCodes.ok, stdout: expect.stringContaining('not paused now') });
  expect(await inTemporal('demo/a')).toMatchObject({
    state: { paused: false, note: expect.stringMatching(/^resumed by .+: it has moved$/) },
  });
});

test('what cannot be paused is told apart, with what to do', async () => {
  declare({ 'demo/a': monthly, 'demo/by-hand': undefined });
  const pause = (id: string, reason = 'a test') => line.run(['pause', id, '--reason', reason]);
  expect(await pause('demo/b')).toMatchObject({
    code: exitCodes.usage,
    stderr: expect.stringContaining('did you mean "demo/a"?'),
  });
  expect(await pause('demo/by-hand')).toMatchObject({
    code: exitCodes.usage,
    stderr: expect.stringContaining('it is rotated only when asked'),
  });
  expect(await pause('demo/a')).toMatchObject({
    code: exitCodes.usage,
    stderr: expect.stringContaining('put it there with `keyturn apply`'),
  });
  await line.run(['apply']);
  expect(await pause('demo/a', 'two\nlines')).toMatchObject({
    code: exitCodes.usage,
    stderr: expect.stringContaining('--reason: no control characters'),
  });
  expect(await line.run(['resume', 'demo/a', '--reason', 'a test'])).toMatchObject({
    code: exitCodes.ok,
    stdout: expect.stringContaining('was not paused already'),
  });
});

test('a namespace without the search attributes is given them', async () => {
  const namespace = 'bare';
  const workflowExecutionRetentionPeriod = msToTs('1 day');
  await temporal.connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod });
  const bare = await connect({ TEMPORAL_ADDRESS: server.address, TEMPORAL_NAMESPACE: namespace });
  onTestFinished(() => bare.close());
  declare({ 'demo/a': monthly });
  const { code, stderr } = await line.run(['apply'], { env: { TEMPORAL_NAMESPACE: namespace } });
  expect(stderr).toContain(`Registering the search attributes ${Object.values(searchAttributes).join(', ')}`);
  expect(code).toBe(exitCodes.ok);
  const { scheduleId } = await bare.client.schedule.getHandle('keyturn/demo/a').describe();
  expect(scheduleId).toBe('keyturn/demo/a');
});
