import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';

export interface Process {
  pid: number;
  /** Rejects when it ends before it is told to. */
  died: Promise<never>;
  /** Its first message. */
  message<T>(): Promise<T>;
  stop(): Promise<void>;
}

const patienceMs = 8_000;

/** What a child needs of this process's environment: no secret that may stand in the rest of it. */
const inherited = ['PATH', 'HOME', 'LANG', 'TZ', 'TMPDIR', 'NODE_EXTRA_CA_CERTS'];

/** @param logFile takes what it prints. */
export function startProcess(name: string, file: URL, logFile: string, env: Record<string, string>): Process {
  const log = openSync(logFile, 'a', 0o600);
  const own = Object.entries(process.env).filter(([key]) => inherited.includes(key));
  const child = fork(file, {
    env: { ...Object.fromEntries(own), ...env },
    stdio: ['ignore', log, log, 'ipc'],
    // In a process group of its own: Ctrl-C in the terminal reaches this process alone, which then stops all in order.
    detached: true,
    execArgv: ['--import', new URL('./with-parent.ts', import.meta.url).href, '--disable-warning=ExperimentalWarning'],
  });
  closeSync(log);
  let stopping = false;
  const exit = once(child, 'exit');
  const died = exit.then(([code, signal]): never | Promise<never> => {
    if (stopping) return new Promise(() => {});
    throw new Error(`the ${name} has ended (${signal ?? `exit code ${code}`}): see ${logFile}`);
  });
  died.catch(() => {});
  const message = once(child, 'message');
  message.catch(() => {});
  return {
    pid: child.pid ?? 0,
    died,
    message: async <T>() => (await Promise.race([message, died]))[0] as T,
    async stop() {
      stopping = true;
      await ended(child, exit);
    },
  };
}

async function ended(child: ChildProcess, exit: Promise<unknown>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs);
  await exit.catch(() => {});
  clearTimeout(timer);
}
