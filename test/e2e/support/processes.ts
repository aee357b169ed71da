import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** One of Keyturn's own programs as a process of its own, and all that it has said. */
export interface Program {
  pid: number;
  /** Its arguments as everybody on the machine can read them; empty where the system has no /proc. */
  cmdline: string;
  stdout(): string;
  stderr(): string;
  exited: Promise<number | null>;
  /** Waits until standard error or standard output holds the text. @throws when it has ended before. */
  says(text: string): Promise<void>;
  /** SIGTERM, and waits for its end. */
  stop(): Promise<void>;
}

/** @param env all of it, PATH and HOME apart: nothing of this process's own gets there. */
export function startProgram(script: string, args: readonly string[], env: Record<string, string>): Program {
  const { HOME = '', PATH = '' } = process.env;
  const child = spawn(process.execPath, [script, ...args], {
    cwd: root,
    env: { HOME, PATH, NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (text) => {
    said.stdout += text;
  });
  child.stderr.on('data', (text) => {
    said.stderr += text;
  });
  const exited = once(child, 'close').then(([code]) => code as number | null);
  const pid = child.pid ?? 0;
  const isOver = () => child.exitCode !== null || child.signalCode !== null;
  return {
    pid,
    cmdline: cmdlineOf(pid),
    stdout: () => said.stdout,
    stderr: () => said.stderr,
    exited,
    async says(text) {
      const held = () => said.stdout.includes(text) || said.stderr.includes(text);
      while (!held()) {
        if (isOver()) throw new Error(`${script} ended without saying "${text}":\n${said.stderr}`);
        await Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data'), exited]);
      }
    },
    async stop() {
      if (!isOver()) child.kill('SIGTERM');
      await exited;
    },
  };
}

/** `spawn` returns when the program stands in the process. */
function cmdlineOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

/** @returns when it asks for work. */
export async function startWorkerProgram(env: Record<string, string>): Promise<Program> {
  const worker = startProgram('workers/main.ts', [], env);
  await worker.says('the worker is ready');
  return worker;
}

export function keyturn(args: readonly string[], env: Record<string, string>): Program {
  return startProgram('bin/keyturn.js', args, env);
}
