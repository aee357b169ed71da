import { expect, inject, onTestFinished, test } from 'vitest';
import { exitCodes } from '../../cli/exit-codes.ts';
import { startDevServer } from '../../client/embedded/dev-server.ts';
import { serveHealth } from '../../workers/health.ts';
import { freePort } from '../support/embedded-postgres.ts';
import { CommandLine, type OnTestFinished } from './command-line.ts';

const ask = ['worker', '--health', '--json'];

test.concurrent('a worker says that it is healthy, until SIGTERM ends it', async ({ onTestFinished }) => {
  const line = await withPort({ TEMPORAL_ADDRESS: inject('temporal').address }, onTestFinished);
  const { code: before, json: nobody } = await line.run(ask);
  expect(before).toBe(exitCodes.unreachable);
  expect(nobody).toMatchObject({ error: { kind: 'transient', message: expect.stringContaining('no worker answers') } });
  const worker = line.start(['worker', '--site', `health-${Date.now()}`]);
  onTestFinished(() => void worker.child.kill('SIGTERM'));
  await worker.says('the worker is ready');
  expect(await untilHealthy(line)).toEqual({ ok: true, state: 'RUNNING', temporal: true, exitCode: exitCodes.ok });
  const { stdout } = await line.run(['worker', '--health']);
  expect(stdout).toBe('healthy: it takes up work, Temporal answers\n');
  worker.child.kill('SIGTERM');
  const { code, stderr } = await worker.ended;
  expect({ code, stderr }).toEqual({ code: exitCodes.ok, stderr: expect.stringContaining('the worker has stopped') });
  expect((await line.run(ask)).code).toBe(exitCodes.unreachable);
});

test.concurrent('one that Temporal does not answer is not healthy, and ends all the same', async ({
  onTestFinished,
}) => {
  const server = await startDevServer();
  const line = await withPort({ TEMPORAL_ADDRESS: server.address }, onTestFinished);
  const worker = line.start(['worker']);
  onTestFinished(() => void worker.child.kill('SIGTERM'));
  await worker.says('the worker is ready');
  await untilHealthy(line);
  await server.stop();
  const { code, json } = await line.run(ask);
  expect({ code, ...json }).toMatchObject({
    code: exitCodes.unreachable,
    ok: false,
    state: 'RUNNING',
    temporal: false,
  });
  worker.child.kill('SIGTERM');
  await worker.ended;
});

test('one that does not take up work says so with 503', async () => {
  const place = { host: '127.0.0.1', port: await freePort() };
  const server = await serveHealth(place, async () => ({ ok: false, state: 'DRAINING', temporal: true }));
  onTestFinished(() => void server.close());
  const answer = await fetch(`http://127.0.0.1:${place.port}/`);
  expect(answer.status).toBe(503);
  const { code, stdout } = await CommandLine.forTest({ KEYTURN_HEALTH: String(place.port) }).run(ask.slice(0, 2));
  expect(code).toBe(exitCodes.unreachable);
  expect(stdout).toBe('not healthy: it takes up no work (DRAINING), Temporal answers\n');
  const second = serveHealth(place, () => expect.fail('nobody asks'));
  await expect(second).rejects.toMatchObject({ kind: 'conflict', message: expect.stringContaining('KEYTURN_HEALTH') });
});

test.each([
  ['', 'KEYTURN_HEALTH'],
  ['everywhere', '<host>:<port>'],
])('KEYTURN_HEALTH=%s is no place to ask at', async (place, said) => {
  const { code, stderr } = await CommandLine.forTest({ KEYTURN_HEALTH: place }).run(ask);
  expect(code).toBe(exitCodes.usage);
  expect(stderr).toContain(said);
});

async function withPort(env: Record<string, string>, onTestFinished: OnTestFinished): Promise<CommandLine> {
  return CommandLine.forTest({ KEYTURN_HEALTH: String(await freePort()), ...env }, onTestFinished);
}

/** It is ready a moment before it runs. */
async function untilHealthy(line: CommandLine): Promise<object> {
  const { code, json } = await line.run(ask);
  return code === exitCodes.ok ? json : untilHealthy(line);
}
