import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from '@commander-js/extra-typings';
import { InvalidArgumentError } from '@commander-js/extra-typings';
import { KeyturnError, mainQueue } from '../../contract/index.ts';
import { type Ports, startEmbedded } from '../embedded.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { type Shell, shellOf, withGlobals } from '../shell.ts';
import { onStopSignal, startWorker, type WorkerProcess } from '../worker-process.ts';

export function addUp(program: Command): void {
  withGlobals(program.command('up'))
    .description(
      'Run an embedded Temporal and one worker on this machine until stopped: for trying out, and for one node.',
    )
    .option('--port <port>', "Temporal's port", asPort, 7233)
    .option('--ui-port <port>', "the port of Temporal's web pages", asPort, 8233)
    .option('--no-ui', 'no web pages')
    .addHelpText('after', '\nExample:\n  $ keyturn up --port 7300 --no-ui')
    .action(async ({ port, uiPort, ui }, command) => {
      process.exitCode = await up(shellOf(command), { port, ...(ui ? { uiPort } : {}) });
    });
}

function asPort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw new InvalidArgumentError('a port is a number from 1 to 65535.');
}

async function up(shell: Shell, ports: Ports): Promise<ExitCode> {
  const { out } = shell;
  const stopping = new AbortController();
  const stopListening = onStopSignal(() => stopping.abort());
  try {
    const server = await startEmbedded(shell, ports);
    out.say(`Temporal    ${server.address} (data in ${shell.home})`);
    try {
      return await withWorker(shell, server.address, ports, stopping.signal);
    } finally {
      await server.stop();
      out.say('Stopped.');
    }
  } finally {
    stopListening();
  }
}

async function withWorker(shell: Shell, address: string, ports: Ports, stop: AbortSignal): Promise<ExitCode> {
  const env = embeddedEnv(shell.env, address);
  const worker = startWorker(env);
  const over = new AbortController();
  const died = worker.ended.then((code) => ({ code })).finally(() => over.abort());
  const ready = untilReady(env, AbortSignal.any([stop, over.signal])).then((isReady) => {
    if (isReady) sayReady(shell, address, ports);
  });
  const first = await Promise.race([died, ready, aborted(stop)]);
  const ended = first ?? (await Promise.race([died, aborted(stop)]));
  if (!stop.aborted && ended) throw deathOf(ended.code);
  shell.out.say('Stopping ...');
  await stopWorker(worker);
  return exitCodes.ok;
}

/** The embedded server is found by its address alone: nothing of another Temporal's settings may apply to it. */
function embeddedEnv(env: NodeJS.ProcessEnv, address: string): NodeJS.ProcessEnv {
  const others = Object.entries(env).filter(([name]) => !name.startsWith('TEMPORAL_'));
  const quiet = env.KEYTURN_LOG === undefined ? { KEYTURN_LOG: 'warn' } : {};
  return { ...Object.fromEntries(others), ...quiet, KEYTURN_SITE: undefined, TEMPORAL_ADDRESS: address };
}

function deathOf(code: number): KeyturnError {
  return new KeyturnError('transient', `the worker has ended by itself (exit code ${code})`, {
    fix: 'its last lines above say why; open rotations go on when a worker runs again',
  });
}

const lookMs = 200;

/** @returns false where it is stopped first. What is asked then is left off: nobody may be there to answer any more. */
async function untilReady(env: NodeJS.ProcessEnv, stop: AbortSignal): Promise<boolean> {
  const [{ connect }, { hasWorkers }] = await Promise.all([
    import('../../client/connect.ts'),
    import('../../client/cluster.ts'),
  ]);
  const { close, connection, namespace } = await connect(env);
  try {
    const look = () => connection.withAbortSignal(stop, () => hasWorkers(connection, namespace, mainQueue));
    while (!stop.aborted && !(await look())) await sleep(lookMs);
  } catch (error) {
    if (!stop.aborted) throw error;
  } finally {
    await close();
  }
  return !stop.aborted;
}

function sayReady({ out, catalogFile }: Shell, address: string, { port, uiPort }: Ports): void {
  const elsewhere = port === 7233 ? '' : `TEMPORAL_ADDRESS=${address} `;
  out.say(`worker      ready (queue ${mainQueue})`);
  if (uiPort !== undefined) out.say(`web pages   http://127.0.0.1:${uiPort}`);
  out.say(`\nNext, in another terminal:\n  keyturn check\n  ${elsewhere}keyturn rotate <id>`);
  out.say(`They read ${catalogFile}; the worker does not. Ctrl-C stops both.`);
  out.data({ address, ui: uiPort === undefined ? null : `http://127.0.0.1:${uiPort}` });
}

function aborted(signal: AbortSignal): Promise<undefined> {
  if (signal.aborted) return Promise.resolve(undefined);
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(undefined), { once: true }));
}

const patienceMs = 40_000;

/** The worker lets its activities come to an end; one that hangs is ended by force. */
async function stopWorker(worker: WorkerProcess): Promise<void> {
  worker.signal('SIGTERM');
  const giveUp = setTimeout(() => worker.signal('SIGKILL'), patienceMs);
  await worker.ended;
  clearTimeout(giveUp);
}
