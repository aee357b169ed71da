import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { exitCodes } from '../../cli/exit-codes.ts';
import { watch } from '../../cli/watch.ts';
import type { Connected } from '../../client/connect.ts';
import { type DevServer, startDevServer } from '../../client/embedded/dev-server.ts';
import * as rotations from '../../client/rotations.ts';
import type { Credential, Progress } from '../../contract/index.ts';
import { pull, waitsFor } from '../support/consumers.ts';
import { credentialOf, type Rotating, startRotating, storeFirst } from '../support/rotating.ts';
import { CommandLine } from './command-line.ts';

/** Its own server: what is open there is what these tests have opened. */
let temporal: DevServer;
let rotating: Rotating;
beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  temporal = await startDevServer();
  const { address } = temporal;
  rotating = await startRotating({ address });
});
afterAll(async () => {
  await rotating?.stop();
  await temporal?.stop();
});

const lineOf = () => CommandLine.forTest({ TEMPORAL_ADDRESS: temporal.address, KEYTURN_HOME: rotating.home });

async function opened(given: Partial<Credential> = {}) {
  const secret = `app/${randomUUID()}`;
  const target = { name: 'main', vault: 'file', secret, value: 'raw' as const };
  await storeFirst(rotating.ctx, target, 'the-value-of-the-beginning');
  const credential = credentialOf({ provider: { type: 'random' }, targets: [target], graceMs: 600_000, ...given });
  const started = await rotating.start(credential);
  onTestFinished(async () => void (await started.handle.terminate('the test is over').catch(() => {})));
  return { id: credential.id, started, secret };
}

test('none is open', async () => {
  const line = lineOf();
  expect(await line.run(['watch'])).toMatchObject({ code: exitCodes.ok, stdout: 'No rotation is open.\n' });
  const { code, json } = await line.run(['watch', 'demo/nothing', '--json']);
  expect({ code, json }).toMatchObject({
    code: exitCodes.usage,
    json: { credentials: [{ credential: 'demo/nothing', error: { kind: 'not-found' } }] },
  });
});

test('all that are open are watched until the last has ended; the worst says how it went', async () => {
  const [good, bad] = [await opened(), await opened()];
  const query = "WorkflowType = 'rotation' AND ExecutionStatus = 'Running'";
  while ((await rotating.client.workflow.count(query)).count < 2) await sleep(50);
  const watching = lineOf().start(['watch', '--json']);
  await Promise.all([good, bad].map(({ id }) => watching.says(`${id}: waits (grace)`)));
  await rotations.proceed(good.started.handle, { by: 'ada' });
  await watching.says(`${good.id}: ✓ delete`);
  await rotations.rollBack(bad.started.handle, { by: 'ada' });
  const { code, json, stderr } = await watching.ended;
  expect(stderr).toContain(`${bad.id}: ↩ write`);
  const credentials = [
    { credential: good.id, outcome: 'rotated', exitCode: exitCodes.ok },
    { credential: bad.id, outcome: 'restored', exitCode: exitCodes.restored },
  ].sort((one, other) => (one.credential < other.credential ? -1 : 1));
  expect({ code, json }).toMatchObject({
    code: exitCodes.restored,
    json: { credentials, exitCode: exitCodes.restored },
  });

  const over = await lineOf().run(['watch', good.id]);
  expect(over).toMatchObject({ code: exitCodes.ok, stdout: expect.stringContaining(`${good.id}: rotated in`) });
});

test('a request that is carried on is followed into the next rotation', async () => {
  const { id, started } = await opened();
  await rotating.until(started, waitsFor('grace'));
  const watching = lineOf().start(['watch', id, '--json']);
  await watching.says(`${id}: waits (grace)`);
  const first = await rotations.progress(started.handle);
  // It comes when the rotation has made its choices.
  const late = { id: 'late', at: new Date().toISOString(), by: 'bob', urgency: 'routine', converge: true } as const;
  await started.handle.signal('request', late);
  await rotations.rollBack(started.handle, { by: 'ada' });
  const latest = rotations.rotationOf(rotating.client, id);
  const isNext = (now: Progress) => now.rotation !== first.rotation && waitsFor('grace')(now);
  while (!isNext(await rotations.progress(latest))) await sleep(50);
  await rotations.proceed(latest, { by: 'ada' });
  const { code, json } = await watching.ended;
  expect({ code, json }).toMatchObject({ code: exitCodes.ok, json: { credentials: [{ outcome: 'rotated' }] } });
  expect(JSON.stringify(json)).not.toContain(first.rotation);
});

test('Ctrl-C stops the watching, not the rotation', async () => {
  const { id, started } = await opened();
  const watching = lineOf().start(['watch', id]);
  await watching.says(`${id}: waits (grace)`);
  watching.child.kill('SIGINT');
  expect(await watching.ended).toMatchObject({ code: exitCodes.waiting, stdout: expect.stringContaining('goes on') });
  expect(await rotations.progress(started.handle)).toMatchObject({ state: 'running' });
});

/** Temporal as it is, but that nobody answers a query in time. */
function unanswered({ client, connection }: Rotating, asked = () => {}): Connected {
  const late = Object.assign(new Error('late'), { code: 4, details: 'Deadline exceeded', metadata: {} });
  const withDeadline = () => {
    asked();
    return Promise.reject(late);
  };
  const deaf = new Proxy(connection, {
    get(on, name) {
      if (name === 'withDeadline') return withDeadline;
      const value = Reflect.get(on, name);
      return typeof value === 'function' ? value.bind(on) : value;
    },
  });
  return { client, connection: deaf, namespace: 'default', address: temporal.address, close: async () => {} };
}

const impatient = {
  ...({ requestId: 'any', until: 'end', silenceMs: 0 } as const),
  stop: new AbortController().signal,
  seen: () => {},
};

test('workers that have too much to do to answer are no end of the watching', async () => {
  const { id: credential, started } = await opened();
  await rotating.until(started, waitsFor('grace'));
  const runId = started.handle.signaledRunId;
  let asks = 0;
  const asked = () => {
    asks += 1;
    // By then it has looked twice whether anybody is there.
    if (asks === 3) void rotations.proceed(started.handle, { by: 'ada' });
  };
  const watching = watch(unanswered(rotating, asked), { ...impatient, credential, runId });
  expect(await watching).toMatchObject({ because: 'ended', end: { outcome: 'rotated' } });
});

test('nobody answers, and no worker is there: it says so', async () => {
  const target = { name: 'main', vault: 'file', secret: `app/${randomUUID()}`, value: 'raw' as const };
  const credential = credentialOf({ provider: { type: 'random' }, targets: [target] });
  const request = { id: 'any', at: new Date().toISOString(), by: 'ada', urgency: 'routine' } as const;
  const { handle } = await rotations.startOrJoin(rotating.client, credential, request, 'nobody-serves-it');
  onTestFinished(async () => void (await handle.terminate('the test is over')));
  const run = { credential: credential.id, runId: handle.signaledRunId };
  const watching = watch(unanswered(rotating), { ...impatient, ...run });
  await expect(watching).rejects.toThrow('no worker has answered for a while');
});

test('one that needs a person is told with its to-do', async () => {
  const { id, secret, started } = await opened({ consumers: [pull] });
  const { newKey = '' } = await rotating.until(started, waitsFor('consumer app'));
  const watching = lineOf().start(['watch', id]);
  await watching.says(`${id}: waits (consumer app)`);
  appendFileSync(join(rotating.home, 'vault', `${secret}.vault.json`), 'not what Keyturn wrote');
  await rotations.attest(started.handle, { consumer: 'app', instance: '1', keyId: newKey, status: 'failed' });
  const { code, stdout } = await watching.ended;
  expect({ code, stdout }).toEqual({ code: exitCodes.quarantined, stdout: expect.stringContaining(`retry ${id}`) });
});

const bin = fileURLToPath(new URL('../../bin/keyturn.js', import.meta.url));
const inTerminal = 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))';

test('on a terminal each has one line that changes in place', async () => {
  const { id, started } = await opened();
  await rotating.until(started, waitsFor('grace'));
  const { env, folder } = lineOf();
  const sized = `stty cols 100 rows 10; exec "${process.execPath}" "${bin}" watch ${id}`;
  const child = spawn('python3', ['-c', inTerminal, 'sh', '-c', sized], {
    cwd: folder,
    env: { ...env, TERM: 'xterm' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const said = text(child.stdout);
  const waiting = new Promise<void>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => chunk.includes('waits (grace)') && resolve());
  });
  await waiting;
  await rotations.proceed(started.handle, { by: 'ada' });
  expect(await ended).toBe(exitCodes.ok);
  const shown = (await said).split('\u001b[0J');
  expect(shown.length).toBeGreaterThan(2);
  // Each but the first is drawn over the two lines of the one before.
  for (const each of shown.slice(1, -1)) {
    expect(each.split('\r\n')).toEqual([
      expect.stringContaining('CREDENTIAL'),
      expect.stringContaining(id),
      '\u001b[2A',
    ]);
  }
  expect(shown.at(-1)).toContain('\u001b[32m');
  expect(shown.at(-1)).toMatch(new RegExp(`${id} .*rotated`));
});
