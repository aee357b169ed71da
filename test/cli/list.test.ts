import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ScheduleOverlapPolicy } from '@temporalio/client';
import { afterAll, beforeAll, expect, inject, onTestFinished, test, vi } from 'vitest';
import { stringify } from 'yaml';
import { exitCodes } from '../../cli/exit-codes.ts';
import type { Credential } from '../../contract/index.ts';
import { nobodyHome } from '../support/http-double.ts';
import { credentialOf, type Rotating, startRotating, storeFirst } from '../support/rotating.ts';
import { audited, type End } from './audited.ts';
import { CommandLine } from './command-line.ts';

let rotating: Rotating;
beforeAll(async () => {
  rotating = await startRotating();
});
afterAll(() => rotating?.stop());

const dayMs = 86_400_000;
const provider = { type: 'random' };
const targetOf = () => ({ name: 'main', vault: 'file', secret: `app/${randomUUID()}`, value: 'raw' as const });
const declared = (more: object = {}) => ({ owner: 'tests', provider, targets: [targetOf()], ...more });

function lineOf(credentials: Record<string, object>, env: Record<string, string> = {}): CommandLine {
  const line = CommandLine.forTest({ TEMPORAL_ADDRESS: inject('temporal').address, ...env });
  line.catalog(stringify({ credentials }));
  return line;
}

interface Listed {
  id: string;
  state: string | null;
  lastRotatedAt: string | null;
  ageMs: number | null;
  due: string | null;
  schedule: { nextAt: string | null; paused: boolean; note: string | null; running: boolean } | null;
}

async function listed(line: CommandLine, ...args: string[]): Promise<Map<string, Listed>> {
  const { code, json, stderr } = await line.run(['list', ...args, '--json']);
  expect({ code, stderr }).toEqual({ code: exitCodes.ok, stderr: '' });
  return new Map((json.credentials as Listed[]).map((each) => [each.id, each]));
}

async function stored(given: Partial<Credential>): Promise<Credential> {
  const target = targetOf();
  await storeFirst(rotating.ctx, target, 'the-value-of-the-beginning');
  return credentialOf({ provider, targets: [target], ...given });
}

interface Scheduling {
  paused?: boolean;
  note?: string;
  workflowType?: string;
}

/** Its runs wait for a worker that never comes. */
async function scheduled(id: string, { workflowType = 'scheduledRotation', ...state }: Scheduling = {}) {
  const action = { type: 'startWorkflow', workflowType, workflowId: `scheduled/${id}`, taskQueue: 'nobody' } as const;
  const spec = { intervals: [{ every: 30 * dayMs }] };
  const handle = await rotating.client.schedule.create({ scheduleId: `keyturn/${id}`, spec, action, state });
  onTestFinished(() => handle.delete());
  return handle;
}

/** It is due, and its run has not begun a rotation yet. */
async function fired(id: string): Promise<void> {
  const handle = await scheduled(id);
  await handle.trigger(ScheduleOverlapPolicy.SKIP);
  const running = async () => (await handle.describe()).info.runningActions[0]?.workflow;
  while ((await running()) === undefined) await sleep(50);
  const { workflowId = '' } = (await running()) ?? {};
  onTestFinished(async () => void (await rotating.client.workflow.getHandle(workflowId).terminate()));
}

test('what is rotated, open, scheduled and paused is shown as Temporal and the audit know it', async () => {
  const [done, open] = [await stored({}), await stored({ graceMs: 600_000 })];
  const end = await rotating.rotate(done);
  const started = await rotating.start(open);
  await rotating.until(started, ({ waits }) => waits.some(({ name }) => name === 'grace'));
  const [never, paused, due] = [`test/${randomUUID()}`, `test/${randomUUID()}`, `test/${randomUUID()}`];
  const consumers = [{ type: 'pull', name: 'app' }];
  const ids = [done.id, open.id, never, paused, due];
  const credentials = Object.fromEntries(ids.map((id) => [id, declared({ consumers, maxAge: '30d' })]));
  const line = lineOf(credentials, { KEYTURN_HOME: rotating.home });
  const [next] = (await (await scheduled(done.id)).describe()).info.nextActionTimes;
  await scheduled(paused, { paused: true, note: 'until\u001b[2J the move is over' });
  await scheduled(never, { workflowType: 'somebody-elses' });
  await fired(due);

  const found = await listed(line);
  expect([...found.keys()]).toEqual(ids);
  expect(found.get(done.id)).toMatchObject({
    ...{ owner: 'tests', tier: 'standard', provider: 'random', targets: ['main'], consumers: ['app'] },
    ...{ state: 'idle', lastRotatedAt: end.endedAt, due: 'ok', maxAgeMs: 30 * dayMs },
    schedule: { nextAt: next?.toISOString(), paused: false, note: null, running: false },
  });
  expect(found.get(open.id)).toMatchObject({ state: 'retiring', lastRotatedAt: null, schedule: null });
  expect(found.get(paused)?.schedule).toEqual({
    ...{ nextAt: null, paused: true, note: 'until\u001b[2J the move is over', running: false },
  });

  const { stdout } = await line.run(['list']);
  const [heads = '', ...rows] = stdout.trimEnd().split('\n');
  const starts = heads.indexOf('OWNER');
  expect(rows.map((row) => row.slice(starts, starts + 5))).toEqual(ids.map(() => 'tests'));
  expect(rows[2]).toMatch(/ random +idle +never +- +30d overdue +not scheduled$/);
  expect(rows[3]).toContain('paused: until [2J the move is over');
  expect(rows[4]).toContain('now: waits to begin');

  // More than are asked about each; the server's lists may lag behind.
  const others = Object.fromEntries(Array.from({ length: 100 }, () => [`test/${randomUUID()}`, declared()]));
  const crowd = lineOf({ ...credentials, ...others }, { KEYTURN_HOME: rotating.home });
  const seen = (of: Map<string, Listed>) => ids.map((id) => ({ ...of.get(id), ageMs: null }));
  await vi.waitFor(async () => expect(seen(await listed(crowd))).toEqual(seen(found)), 20_000);
  await started.handle.cancel();
});

const ages = {
  'ages/young': [['rotated', 26]],
  'ages/last-tenth': [['rotated', 28]],
  'ages/old': [['rotated', 31]],
  'ages/restored-since': [
    ['rotated', 31],
    ['restored', 1],
    ['unchanged', 0],
  ],
  'ages/never': [['restored', 1]],
  'ages/long-soak': [['rotated', 29, 31]],
} satisfies Record<string, End[]>;

test('only `rotated` moves the age; what is due and overdue has an exit code of its own', async () => {
  const line = lineOf({
    ...Object.fromEntries(Object.keys(ages).map((id) => [id, declared({ maxAge: '30d' })])),
    'free/unpromised': declared(),
  });
  await audited(line, ages);
  const found = await listed(line);
  expect(Object.fromEntries([...found].map(([id, { due }]) => [id, due]))).toEqual({
    'ages/young': 'ok',
    'ages/last-tenth': 'due',
    'ages/old': 'overdue',
    'ages/restored-since': 'overdue',
    'ages/never': 'overdue',
    'ages/long-soak': 'overdue',
    'free/unpromised': null,
  });
  const due = await line.run(['list', '--due', '--json']);
  expect(idsOf(due)).toEqual(['ages/last-tenth', 'ages/old', 'ages/restored-since', 'ages/never', 'ages/long-soak']);
  expect(due).toMatchObject({ code: exitCodes.due, json: { exitCode: exitCodes.due } });
  const overdue = await line.run(['list', '--overdue', '--json']);
  expect({ code: overdue.code, ids: idsOf(overdue) }).toEqual({ code: exitCodes.due, ids: idsOf(due).slice(1) });
  const none = await line.run(['list', 'ages/young', 'free/*', '--due']);
  expect(none).toMatchObject({ code: exitCodes.ok, stdout: 'None is due.\n' });
});

function idsOf({ json }: { json: Record<string, unknown> }): string[] {
  return (json.credentials as Listed[]).map(({ id }) => id);
}

test('a selection is ids, globs and filters; one that finds nothing names the nearest', async () => {
  const line = lineOf({
    'production/orders/DATABASE_URL': declared({ owner: 'payments', tier: 'sensitive' }),
    'production/orders/API_KEY': declared(),
    'staging/API_KEY': declared(),
  });
  await audited(line, {});
  const found = async (...args: string[]) => [...(await listed(line, ...args)).keys()];
  expect(await found('staging/API_KEY', 'production/**/API_*')).toEqual([
    'production/orders/API_KEY',
    'staging/API_KEY',
  ]);
  expect(await found('**', '--owner', 'payments', '--tier', 'sensitive', '--provider', 'random')).toHaveLength(1);

  for (const [args, fix] of [
    [['production/orders/DATABASE_UR'], 'did you mean "production/orders/DATABASE_URL"?'],
    [['production/*'], 'did you mean "production/**"?'],
    [['stagin/API_*Y'], 'the nearest id is "staging/API_KEY"'],
    [['--owner', 'payment'], 'did you mean "payments"?'],
  ] as const) {
    const { code, stderr } = await line.run(['list', ...args]);
    expect({ code, stderr }).toEqual({ code: exitCodes.usage, stderr: expect.stringContaining(fix) });
  }
});

test('without Temporal the audit alone is shown, and said so; without both there is nothing to show', async () => {
  const { host } = new URL(await nobodyHome());
  const newLine = () => lineOf({ 'ages/old': declared({ maxAge: '30d' }) }, { TEMPORAL_ADDRESS: host });
  const [line, unaudited] = [newLine(), newLine()];
  await audited(line, { 'ages/old': [['rotated', 31]] });
  // Each takes a while to be sure that nobody answers.
  const [neither, { code, json, stderr }, overdue] = await Promise.all([
    unaudited.run(['list']),
    line.run(['list', '--json']),
    line.run(['list', '--overdue']),
  ]);
  expect(neither).toMatchObject({
    code: exitCodes.unreachable,
    stderr: expect.stringContaining(`no Temporal answers at ${host}`),
  });
  expect(stderr).toContain(`no Temporal answers at ${host}`);
  const known = { lastRotatedAt: expect.any(String), due: 'overdue' };
  expect({ code, json }).toMatchObject({
    code: exitCodes.ok,
    json: { temporal: false, audit: true, credentials: [{ state: null, schedule: null, ...known }] },
  });
  expect(overdue).toMatchObject({ code: exitCodes.due });
});

test('without the audit nobody can say what is due', async () => {
  const line = lineOf({ 'ages/old': declared({ maxAge: '30d' }) });
  const { code, json } = await line.run(['list', '--json']);
  expect({ code, json }).toMatchObject({ code: exitCodes.ok, json: { audit: false, credentials: [{ due: null }] } });
  expect(await line.run(['list', '--due'])).toMatchObject({
    code: exitCodes.usage,
    stderr: expect.stringContaining('there is no audit'),
  });
});
