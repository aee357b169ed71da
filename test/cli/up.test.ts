import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { exitCodes } from '../../cli/exit-codes.ts';
import { nobodyHome } from '../support/http-double.ts';
import { CommandLine, type OnTestFinished, type Running } from './command-line.ts';

async function startUp(line: CommandLine, onTestFinished: OnTestFinished): Promise<{ up: Running; port: string }> {
  const { port } = new URL(await nobodyHome());
  const up = line.start(['up', '--port', port, '--no-ui', '--json']);
  onTestFinished(async () => {
    up.child.kill('SIGTERM');
    await up.ended;
  });
  await up.says('worker      ready');
  return { up, port };
}

test.concurrent('serves until SIGTERM, then stops its worker and its Temporal', async ({ onTestFinished }) => {
  const line = CommandLine.forTest({}, onTestFinished);
  const { up, port } = await startUp(line, onTestFinished);
  const status = ['status', 'demo/none'];
  const env = { TEMPORAL_ADDRESS: `127.0.0.1:${port}` };
  expect((await line.run(status, { env })).code).toBe(exitCodes.ok);
  const second = await line.run(['up', '--port', port]);
  expect(second.code).toBe(exitCodes.refused);
  expect(second.stderr).toContain('another `keyturn up`');
  up.child.kill('SIGTERM');
  const { code, json, stderr } = await up.ended;
  expect(code).toBe(exitCodes.ok);
  expect(json).toEqual({ address: `127.0.0.1:${port}`, ui: null });
  expect(stderr).toContain('Stopped.');
  expect((await line.run(status, { env })).code).toBe(exitCodes.unreachable);
});

test.concurrent('a port that is taken is named, with the way out', async ({ onTestFinished }) => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  const { code, stderr } = await CommandLine.forTest({}, onTestFinished).run(['up', '--port', String(port), '--no-ui']);
  expect(code).toBe(exitCodes.refused);
  expect(stderr).toContain(`port ${port} is taken`);
  expect(stderr).toContain('--port');
});

test.concurrent('a worker that cannot start: says so, and stops Temporal, too', async ({ onTestFinished }) => {
  const line = CommandLine.forTest({ KEYTURN_AUDIT: 'no-such-sink' }, onTestFinished);
  const { port } = new URL(await nobodyHome());
  const { code, stderr } = await line.run(['up', '--port', port, '--no-ui']);
  expect(code).toBe(exitCodes.unreachable);
  expect(stderr).toContain('the worker has ended by itself');
});

test.concurrent('a worker passes its exit code on', async ({ onTestFinished }) => {
  const { host } = new URL(await nobodyHome());
  const { code } = await CommandLine.forTest({ TEMPORAL_ADDRESS: host }, onTestFinished).run([
    'worker',
    '--site',
    'berlin',
  ]);
  expect(code).toBe(exitCodes.unreachable);
});
