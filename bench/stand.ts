import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Connected, connect } from '../client/connect.ts';
import { openKeyRing } from '../connectors/keyrings/file/index.ts';
import type { KeyRing } from '../contract/index.ts';
import { type Program, startProgram } from '../test/e2e/support/processes.ts';
import { atExit } from './at-exit.ts';
import { bundled } from './bundle.ts';
import { type Server, startDev } from './engine.ts';
import { removedWith } from './folders.ts';
import type { Bench } from './row.ts';

/** A Temporal server, Keyturn's folder, and workers as processes of their own. It ends with the row. */
export interface Stand {
  /** All that is written here. */
  folder: string;
  /** Keyturn's folder. */
  home: string;
  keys: KeyRing;
  server: Server;
  connected: Connected;
  /** What every program of Keyturn's has to find in its environment. */
  env: Readonly<Record<string, string>>;
}

/** @param start absent: a development server in memory. It may write into the folder. */
export async function openStand(
  bench: Bench,
  start: (folder: string) => Promise<Server> = () => startDev(),
): Promise<Stand> {
  const folder = await mkdtemp(join(tmpdir(), 'keyturn-bench-'));
  removedWith(bench, folder);
  const server = await start(folder);
  bench.later(() => server.stop());
  const connected = await connect({ TEMPORAL_ADDRESS: server.address });
  bench.later(() => connected.close());
  const home = join(folder, 'home');
  const keys = await openKeyRing(join(home, 'keys.json'), { create: true });
  const env = { TEMPORAL_ADDRESS: server.address, KEYTURN_HOME: home, BENCH_BUNDLE: await bundled() };
  return { folder, home, keys, server, connected, env };
}

/**
 * Workers with all of Keyturn's connectors and those that do nothing (`nothing/`).
 * @param env besides the stand's: secrets that the catalog refers to, `KEYTURN_AUDIT`, `BENCH_QUEUE`, `BENCH_AUDIT=memory`.
 * @returns when each asks for work.
 */
export function startWorkers(
  bench: Bench,
  stand: Stand,
  count: number,
  env: Readonly<Record<string, string>> = {},
): Promise<Program[]> {
  return Promise.all(
    Array.from({ length: count }, () => startReady(bench, 'bench/worker.ts', { ...stand.env, ...env })),
  );
}

const readyWords = 'the worker is ready';
const patienceMs = 5_000;

/** @returns when it says that it is ready. */
export async function startReady(bench: Bench, script: string, env: Record<string, string>): Promise<Program> {
  const program = startProgram(script, [], { ...nodeOptions(), ...env });
  const end = () => void process.kill(program.pid, 'SIGKILL');
  atExit.add(end);
  void program.exited.then(() => atExit.delete(end));
  bench.later(async () => {
    const stopped = program.stop().then(() => true);
    // Its server may be gone.
    if (!(await Promise.race([stopped, sleep(patienceMs, false, { ref: false })]))) end();
    await stopped;
  });
  await program.says(readyWords);
  return program;
}

/** Options of Node's for every worker: `--cpu-prof --cpu-prof-dir=<folder>`, say. */
function nodeOptions(): Record<string, string> {
  const { BENCH_NODE_OPTIONS: options, NODE_COMPILE_CACHE: folder } = process.env;
  return {
    ...(folder === undefined ? {} : { NODE_COMPILE_CACHE: folder }),
    ...(options === undefined ? {} : { NODE_OPTIONS: options }),
  };
}
