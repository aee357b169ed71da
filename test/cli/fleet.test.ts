import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { exitCodes } from '../../cli/exit-codes.ts';
import { type Connected, connect } from '../../client/connect.ts';
import { type DevServer, startDevServer } from '../../client/embedded/dev-server.ts';
import * as rotations from '../../client/rotations.ts';
import { CommandLine, type Ended, type Running } from './command-line.ts';

const ids = ['demo/one', 'demo/two', 'demo/three'];
const slow = ['slow/one', 'slow/two'];
const value = (id: string) => `the-first-value-of-${id.replace('/', '-')}`;

let temporal: DevServer;
let connected: Connected;
let line: CommandLine;
let worker: Running;

beforeAll(async () => {
  temporal = await startDevServer();
  connected = await connect({ TEMPORAL_ADDRESS: temporal.address });
  line = new CommandLine({ TEMPORAL_ADDRESS: temporal.address });
  const declared = [
    ['demo/empty/one', declaredAs('demo/empty/one', {})],
    ...ids.map((id) => [id, declaredAs(id, { tags: id === 'demo/three' ? ['web', 'eu'] : ['web'] })]),
    ...slow.map((id) => [id, declaredAs(id, { consumers: [{ type: 'pull', name: 'app' }] })]),
  ];
  line.catalog(stringify({ credentials: Object.fromEntries(declared) }));
  worker = line.start(['worker']);
  await worker.says('the worker is ready');
  await Promise.all([...ids, ...slow].map((id) => line.run(['store', id], { input: value(id) })));
});

afterAll(async () => {
  worker?.child.kill('SIGTERM');
  await worker?.ended;
  await connected?.close();
  await temporal?.stop();
  line?.remove();
});

function declaredAs(id: string, more: object): object {
  const targets = [{ vault: 'file', secret: id }];
  return {
    owner: 'tests',
    provider: { type: 'random' },
    targets,
    grace: 0,
    soak: 0,
    limits: { poll: '250ms' },
    ...more,
  };
}

const heads = async () => {
  const { json } = await line.run(['list', '--json']);
  return json.credentials as { id: string; lastRotatedAt: string | null; ageMs: number | null; tags: string[] }[];
};

/** Its consumer says that it has loaded the new value. */
async function attest(id: string): Promise<void> {
  const handle = rotations.rotationOf(connected.client, id);
  for (;;) {
    const now = await rotations.progress(handle).catch(() => undefined);
    const isWaiting = now?.waits.some(({ name }) => name === 'consumer app');
    if (isWaiting)
      return rotations.attest(handle, { consumer: 'app', instance: '1', keyId: now?.newKey, status: 'loaded' });
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const statusOf = async (fleet: string) => (await line.run(['fleet', 'status', fleet, '--json'])).json;

function expectNoValues(...all: readonly Ended[]): void {
  for (const { stderr, stdout } of all) expect(stdout + stderr).not.toContain('the-first-value');
}

test('a dry run prints the plan of each, and touches nothing', async () => {
  const dry = await line.run(['rotate', 'demo/*', 'demo/empty/one', '--dry-run', '--json']);
  expect(dry.code).toBe(exitCodes.usage);
  const plans = dry.json.plans as { credential: string; plan: { hash: string } | null; error: string | null }[];
  expect(plans.map(({ credential }) => credential)).toEqual(['demo/empty/one', ...ids]);
  for (const { plan } of plans.slice(1)) expect(plan?.hash).toMatch(/^\w+/);
  expect(plans[0]).toMatchObject({ plan: null, error: expect.stringContaining('holds no value yet') });
  expect((await line.run(['fleet', 'list'])).stdout).toContain('no fleet');
  expect((await heads()).every(({ lastRotatedAt }) => lastRotatedAt === null)).toBe(true);
});

test('a selection by tag is rotated as a fleet, and every line says how far it is', async () => {
  const done = await line.run([
    'rotate',
    '--tag',
    'web',
    '--reason',
    'a test',
    '--wait',
    '--request-id',
    'web-1',
    '--json',
  ]);
  expect(done, done.stderr).toMatchObject({
    code: exitCodes.ok,
    json: { fleet: 'web-1', joined: false, state: 'ended', outcome: 'done', counts: { of: 3, rotated: 3, failed: 0 } },
  });
  expect(done.stderr).toContain('Rotating 3 credentials as the fleet web-1.');
  expect(done.stderr).toMatch(/^3 of 3 in use everywhere, 0 rotating, 0 failed/m);
  expect((done.json.credentials as { outcome: string }[]).map(({ outcome }) => outcome)).toEqual(
    Array(3).fill('rotated'),
  );
  expect((await line.run(['audit', 'verify'])).code).toBe(exitCodes.ok);

  const again = await line.run(['rotate', '--tag', 'web', '--request-id', 'web-1', '--json']);
  expect(again).toMatchObject({ code: exitCodes.ok, json: { joined: true, endedAt: done.json.endedAt } });
  const listed = await line.run(['fleet', 'list', '--json']);
  expect(listed.json.fleets).toMatchObject([{ fleet: 'web-1', state: 'ended' }]);
  expectNoValues(done, again);
});

test('--older-than leaves out what is younger, and takes what has no known age', async () => {
  const none = await line.run(['rotate', 'demo/*', '--older-than', '1h', '--json']);
  expect(none).toMatchObject({ code: exitCodes.ok, json: { fleet: null, credentials: [] } });
  const dry = await line.run(['rotate', 'demo/**', '--older-than', '1h', '--dry-run', '--json']);
  expect(dry.stderr).toContain('1 of 4 are older than 1h, of which 1 are of an age that nobody knows');
  expect(dry.json.plans).toMatchObject([{ credential: 'demo/empty/one' }]);
});

test('a failure stops the fleet, is told, and is the exit code', async () => {
  const stopped = await line.run(['rotate', 'demo/empty/one', 'demo/one', '--at-once', '1', '--json']);
  expect(stopped).toMatchObject({
    code: exitCodes.unchanged,
    stderr: expect.stringMatching(/^demo\/empty\/one: unchanged: .*holds no value yet/m),
    json: { outcome: 'stopped', counts: { unchanged: 1, waiting: 1 }, failures: [{ credential: 'demo/empty/one' }] },
  });
});

test('paused, resumed, watched, left and cancelled', { timeout: 90_000 }, async () => {
  const watching = line.start(['rotate', 'slow/*', '--at-once', '1', '--request-id', 'slow-1', '--wait', '--json']);
  onTestFinished(() => void watching.child.kill('SIGKILL'));
  await watching.says('0 of 2 in use everywhere, 1 rotating, 0 failed');
  const paused = await line.run(['fleet', 'pause', 'slow-1', '--reason', 'lunch']);
  expect(paused).toMatchObject({ code: exitCodes.ok, stdout: expect.stringContaining('slow-1 is paused') });
  expect((await line.run(['fleet', 'pause', 'slow-1'])).code).toBe(exitCodes.refused);
  expect(await statusOf('slow-1')).toMatchObject({ state: 'paused', paused: { reason: 'lunch' }, leftMs: null });
  const shown = await line.run(['fleet', 'status', 'slow-1']);
  expect(shown.stdout).toMatch(/slow-1: paused[\s\S]*paused by .*lunch[\s\S]*slow\/one +rotating/);

  watching.child.kill('SIGINT');
  expect(await watching.ended).toMatchObject({ code: exitCodes.waiting, json: { state: 'paused', outcome: null } });
  await attest('slow/one');
  const short = await line.run(['fleet', 'watch', 'slow-1', '--timeout', '100ms', '--json']);
  expect(short.code).toBe(exitCodes.waiting);
  expect((await line.run(['fleet', 'resume', 'slow-1'])).code).toBe(exitCodes.ok);
  await attest('slow/two');
  const end = await line.run(['fleet', 'watch', 'slow-1', '--json']);
  expect(end).toMatchObject({ code: exitCodes.ok, json: { outcome: 'done', counts: { rotated: 2 } } });

  const other = line.start(['rotate', 'slow/*', '--at-once', '1', '--request-id', 'slow-2', '--wait', '--json']);
  await other.says('1 rotating');
  expect((await line.run(['fleet', 'cancel', 'slow-2', '--reason', 'enough'])).code).toBe(exitCodes.ok);
  await attest('slow/one');
  const cancelled = await other.ended;
  expect(cancelled).toMatchObject({
    code: exitCodes.unchanged,
    json: { outcome: 'cancelled', counts: { rotated: 1, waiting: 1 } },
  });
  expect((await line.run(['fleet', 'resume', 'slow-2'])).code).toBe(exitCodes.usage);
});

test.concurrent.for([
  [['rotate', 'nothing/**'], 'no credential of keyturn.yaml matches nothing/**'],
  [['rotate', '--tag', 'wbe'], 'did you mean "web"?'],
  [['rotate', 'demo/*', '--replace', 'K1'], '--replace names a key of one credential'],
  [['rotate', 'demo/*', '--at-once', '0'], '--at-once: at least 1'],
  [['rotate', 'demo/*', '--request-id', 'not an id'], '--request-id of a fleet'],
  [['fleet', 'status', 'nobody'], 'Temporal knows no fleet nobody'],
] as const)('wrong usage: %s', async ([args, said]) => {
  const { code, stderr } = await line.run(args);
  expect({ code, stderr }).toEqual({ code: exitCodes.usage, stderr: expect.stringContaining(said) });
});
