import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest';
import { exitCodes } from '../../cli/exit-codes.ts';
import * as rotations from '../../client/rotations.ts';
import { appendEntry } from '../../connectors/audit/chain.ts';
import { loadAudit } from '../../connectors/load.ts';
import { type AuditEntry, type Credential, workflowIdOf } from '../../contract/index.ts';
import { httpDouble, nobodyHome } from '../support/http-double.ts';
import { credentialOf, type Rotating, readCurrent, startRotating, storeFirst } from '../support/rotating.ts';
import { CommandLine } from './command-line.ts';

const before = 'the-value-of-the-beginning';

let rotating: Rotating;
beforeAll(async () => {
  rotating = await startRotating({ env: { HMAC: `whsec_${randomBytes(32).toString('base64')}` } });
});
afterAll(() => rotating?.stop());

const target = () => ({ name: 'main', vault: 'file', secret: `app/${randomUUID()}`, value: 'raw' as const });

async function stored(given: Partial<Credential> = {}): Promise<Credential> {
  const credential = credentialOf({ provider: { type: 'random' }, targets: [target()], ...given });
  for (const each of credential.targets) await storeFirst(rotating.ctx, each, before);
  return credential;
}

function lineOf(env: Record<string, string> = {}): CommandLine {
  return CommandLine.forTest({ TEMPORAL_ADDRESS: inject('temporal').address, KEYTURN_HOME: rotating.home, ...env });
}

/** It takes the change at the second try, and attests by itself. */
async function slowApp() {
  let calls = 0;
  const { stop, url } = await httpDouble((_request, response) => {
    calls += 1;
    response.writeHead(calls === 1 ? 503 : 200).end();
  });
  onTestFinished(stop);
  const common = { name: 'app', reads: 'main', instances: 1, canary: 0, required: true, role: 'uses' } as const;
  return { type: 'webhook', ...common, url: `${url}/keyturn`, secret: { env: 'HMAC' }, insecure: true };
}

type Told = Record<string, unknown> & { kind: string };

async function waitedFor(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(50);
}

/** As a server does when its retention is over. */
async function dropped({ id }: Credential): Promise<void> {
  const { client } = rotating;
  const workflowExecution = { workflowId: workflowIdOf(id) };
  await client.workflowService.deleteWorkflowExecution({ namespace: 'default', workflowExecution });
  const gone = client.workflow.getHandle(workflowExecution.workflowId);
  await waitedFor(() =>
    gone.describe().then(
      () => false,
      () => true,
    ),
  );
}

test('who, what, how long: out of history and audit; out of the audit alone when the history is gone', {
  timeout: 120_000,
}, async () => {
  const approval = { approvers: 1, withinMs: 60_000 };
  const credential = await stored({ consumers: [await slowApp()], approval, graceMs: 600_000 });
  const started = await rotating.start(credential, { by: 'ada', reason: 'quarterly' });
  const waits = (name: string) => rotating.until(started, (now) => now.waits.some((wait) => wait.name === name));
  const { planHash = '' } = await waits('approval');
  await rotations.approve(started.handle, { by: 'bob', planHash, reason: 'looks right' });
  const { newKey = '', oldKey = '' } = await waits('consumer app');
  await rotations.attest(started.handle, { consumer: 'app', instance: '1', keyId: newKey, status: 'loaded' });
  await waits('grace');

  const line = lineOf();
  const open = await line.run(['history', credential.id]);
  expect(open.stdout).toMatch(/waits \(grace\): .*\n(.*\n)*it is open: running/);
  const { json: now } = await line.run(['history', credential.id, '--json']);
  expect(now).toMatchObject({ waits: [{ name: 'grace' }], end: null });
  await rotations.proceed(started.handle, { by: 'carol', reason: 'no time' });
  const end = await rotations.ended(started.handle);

  const whole = await line.run(['history', credential.id, '--json']);
  expect(whole).toMatchObject({
    code: exitCodes.ok,
    stderr: '',
    json: {
      rotation: end.rotation,
      sources: { history: true, progress: true, audit: true },
      evidence: [{ going: oldKey, staying: newKey, consumers: [{ consumer: 'app' }] }],
      end: { outcome: 'rotated', newKey },
      forced: null,
    },
  });
  const happenings = whole.json.happenings as Told[];
  const of = (kind: string) => happenings.filter((each) => each.kind === kind);
  expect(of('message')).toMatchObject([
    { verb: 'request', by: 'ada', reason: 'quarterly', urgency: 'routine' },
    { verb: 'approve', by: 'bob', reason: 'looks right', planHash },
    { verb: 'attest', by: 'app', reason: `loaded ${newKey}`, times: 1 },
    { verb: 'proceed', by: 'carol', reason: 'no time', wait: 'grace' },
  ]);
  expect(of('step')).toContainEqual(
    expect.objectContaining({ name: 'write', status: 'done', endedAt: expect.any(String) }),
  );
  expect(of('call')).toContainEqual(
    expect.objectContaining({
      activity: 'tellConsumer',
      attempts: 2,
      outcome: 'done',
      error: expect.stringContaining('503'),
    }),
  );
  expect(of('wait')).toMatchObject([{ mostMs: 60_000 }, {}, {}, { endedAt: expect.any(String) }]);
  expect(of('phase').map(({ phase }) => phase)).toEqual(['retiring', 'ended']);
  const effects = of('effect');
  expect(effects).toContainEqual(
    expect.objectContaining({ verb: 'write', subject: `main/${newKey}`, outcome: 'done' }),
  );

  const { stdout } = await line.run(['history', credential.id]);
  expect(stdout).toMatch(/ step write: done\n/);
  expect(stdout).not.toMatch(/skipped|it is ended/);
  expect(stdout).toMatch(/ tell app to use .*, 2 attempts; the last that failed: .*503/);
  expect(stdout).toMatch(new RegExp(`evidence\n  at .* ${oldKey} may go, because ${newKey} stays:`));
  expect(stdout).toContain('  consumers: app attests, 1 instance\n');
  expect(stdout).toMatch(/rotated in [\s\S]*audit head/);

  await dropped(credential);
  const left = await line.run(['history', credential.id, '--json']);
  expect(left.stderr).toContain('from the audit alone');
  expect(left.json).toMatchObject({
    ...{ rotation: end.rotation, sources: { history: false, progress: false, audit: true } },
    ...{ evidence: whole.json.evidence, end: { outcome: 'rotated' } },
  });
  const remaining = left.json.happenings as Told[];
  expect(remaining.filter(({ kind }) => kind === 'effect')).toEqual(effects);
  expect(remaining.filter(({ kind }) => kind === 'message')).toMatchObject([
    { verb: 'request', by: 'ada', reason: 'quarterly', urgency: 'routine' },
    { verb: 'approve', by: 'bob', reason: 'looks right', planHash },
    { verb: 'proceed', by: 'carol', reason: 'no time', wait: 'grace' },
  ]);
  const [only] = credential.targets;
  const values = [before, only ? await readCurrent(rotating.ctx, only) : '', 'eyJ'];
  for (const value of values) expect(open.stdout + whole.stdout + stdout + left.stdout).not.toContain(value);
});

test('another rotation than the last is found by its id, ended by force or not', async () => {
  const credential = await stored({ graceMs: 600_000 });
  const first = await rotating.start(credential);
  const inGrace = ({ waits }: { waits: readonly { name: string }[] }) => waits.some(({ name }) => name === 'grace');
  const { rotation } = await rotating.until(first, inGrace);
  await first.handle.terminate('the test wants it');
  const second = await rotating.start(credential);
  const last = await rotating.until(second, inGrace);
  const query = `WorkflowId = '${workflowIdOf(credential.id)}'`;
  await waitedFor(async () => (await rotating.client.workflow.count(query)).count === 2);

  const line = lineOf();
  expect((await line.run(['history', credential.id, '--json'])).json).toMatchObject({
    rotation: last.rotation,
    end: null,
  });
  const { json } = await line.run(['history', credential.id, '--rotation', rotation, '--json']);
  expect(json).toMatchObject({ rotation, sources: { history: true }, end: null });
  expect(json.forced).toContain('the test wants it');
  const { stdout } = await line.run(['history', credential.id, '--rotation', rotation]);
  expect(stdout).toContain('ended by force: terminated by');

  const { code, stderr } = await line.run(['history', credential.id, '--rotation', 'no-such']);
  expect({ code, stderr }).toEqual({ code: exitCodes.usage, stderr: expect.stringContaining(last.rotation) });
  await second.handle.terminate('the test is over');
});

test('what nobody wrote down is marked; without Temporal the audit is enough', async () => {
  const line = CommandLine.forTest({ TEMPORAL_ADDRESS: new URL(await nobodyHome()).host });
  const entry = { credential: 'demo/lost', rotation: 'r1', at: '2026-01-02T03:04:05.000Z' };
  const sink = await (await loadAudit('sqlite')).open(join(line.home, 'audit.db'));
  const entries: Omit<AuditEntry, 'credential' | 'rotation' | 'at'>[] = [
    { kind: 'request', effect: 'r1/request/1', verb: 'request', by: 'ada', detail: { reason: 'quarterly' } },
    { kind: 'intent', effect: 'r1/mint', verb: 'mint', subject: 'a new key' },
    { kind: 'result', effect: 'r1/mint', verb: 'mint', subject: 'K1', outcome: 'done', inferred: true },
    { kind: 'intent', effect: 'r1/remove', verb: 'remove', subject: 'K1' },
    { kind: 'result', effect: 'r1/remove', verb: 'remove', outcome: 'failed', detail: { error: 'no right' } },
    { kind: 'intent', effect: 'r1/write', verb: 'write', subject: 'main/K1' },
  ];
  for (const each of entries) await appendEntry(sink, { ...entry, ...each });
  await appendEntry(sink, {
    ...entry,
    kind: 'intent',
    rotation: 'store-1',
    effect: 's',
    verb: 'write',
    subject: 'main/K0',
  });
  await sink.close();

  const [{ code, stderr, stdout }, nothing] = await Promise.all([
    line.run(['history', 'demo/lost']),
    line.run(['history', 'demo/nothing']),
  ]);
  expect({ code, stderr }).toEqual({ code: exitCodes.ok, stderr: expect.stringContaining('no Temporal answers') });
  expect(stdout).toContain('ada: request: quarterly');
  expect(stdout).toContain('effect mint K1: done (inferred)');
  expect(stdout).toContain('effect remove K1: failed: no right');
  expect(stdout).toContain('effect write main/K1: its result is not known yet');
  expect(stdout).toContain('the audit does not know how it ended');
  expect(stdout).not.toContain('K0');

  expect(nothing).toMatchObject({
    code: exitCodes.usage,
    stderr: expect.stringContaining('neither Temporal nor the audit knows'),
  });
});
