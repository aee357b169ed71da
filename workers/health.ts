import { createServer, type Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NativeConnection, Worker } from '@temporalio/worker';
import { type Health, KeyturnError, type Settings } from '../contract/index.ts';

const patienceMs = 3_000;

/** A worker is healthy that takes up work: it runs, and Temporal answers it about its queue, so with its own rights there. */
export async function healthOf(worker: Worker, connection: NativeConnection): Promise<Health> {
  const { namespace, taskQueue: name } = worker.options;
  const ask = () => connection.workflowService.describeTaskQueue({ namespace, taskQueue: { name }, taskQueueType: 1 });
  const answered = connection.withDeadline(Date.now() + patienceMs, ask).then(
    () => true,
    () => false,
  );
  // A server that refuses to be connected to is tried again by the engine's core, beyond the deadline.
  const temporal = await Promise.race([answered, sleep(patienceMs, false, { ref: false })]);
  const state = worker.getState();
  return { ok: temporal && state === 'RUNNING', state, temporal };
}

/**
 * Answers every GET there with what `ask` finds: 200 where it is healthy, else 503.
 * @throws KeyturnError `conflict` when the port is taken.
 */
export async function serveHealth(
  { host, port }: NonNullable<Settings['KEYTURN_HEALTH']>,
  ask: () => Promise<Health>,
): Promise<Server> {
  const server = createServer(async (_request, response) => {
    const health = await ask();
    const headers = { 'content-type': 'application/json', connection: 'close' };
    response.writeHead(health.ok ? 200 : 503, headers).end(JSON.stringify(health));
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve)).catch(
    (cause: unknown) => {
      throw new KeyturnError('conflict', `KEYTURN_HEALTH: nothing can listen at ${host}:${port}`, {
        fix: 'take a port that is free',
        cause,
      });
    },
  );
  // It does not keep a worker alive that has come to its end.
  return server.unref();
}
