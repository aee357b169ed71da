import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

/** This file runs as it stands and, compiled, from `dist/`: the worker's file ends as it does. */
const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const main = fileURLToPath(new URL(`../workers/main.${extension}`, import.meta.url));

export interface WorkerProcess {
  /** Resolves, also when it could not be started, with what a shell would say of it. */
  ended: Promise<number>;
  signal(signal: NodeJS.Signals): void;
}

/** Starts a worker in a process of its own, which writes to this one's output. */
export function startWorker(env: NodeJS.ProcessEnv): WorkerProcess {
  // In a process group of its own: else Ctrl-C reaches it from the terminal and, forwarded, a second time.
  const child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'inherit', 'inherit'], detached: true });
  return { ended: endOf(child), signal: (signal) => child.kill(signal) };
}

function endOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.once('error', () => resolve(1));
    child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? 'SIGKILL']));
  });
}

const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Calls `act` on each signal that asks this process to stop, until the returned function is called. */
export function onStopSignal(act: (signal: NodeJS.Signals) => void): () => void {
  for (const signal of stopSignals) process.on(signal, act);
  return () => {
    for (const signal of stopSignals) process.off(signal, act);
  };
}
