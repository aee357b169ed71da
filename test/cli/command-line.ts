import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished, type TestContext } from 'vitest';

const bin = fileURLToPath(new URL('../../bin/keyturn.js', import.meta.url));

export type OnTestFinished = TestContext['onTestFinished'];

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
  /** The last line of standard output. */
  json: Record<string, unknown>;
}

export interface RunOptions {
  input?: string;
  env?: Record<string, string>;
  nodeOptions?: readonly string[];
  /** Absent: this clone's. */
  program?: string;
}

export interface Running {
  child: ChildProcess;
  ended: Promise<Ended>;
  /** Resolves when standard error holds the text. */
  says(text: string): Promise<void>;
}

/** A folder of its own, in which the command line runs as a process. */
export class CommandLine {
  readonly folder = mkdtempSync(join(tmpdir(), 'keyturn-cli-'));
  readonly env: Record<string, string>;

  constructor(env: Record<string, string> = {}) {
    // Of this machine's own settings only what Node itself needs.
    const { HOME = '/', NODE_OPTIONS = '', PATH = '', XDG_CACHE_HOME } = process.env;
    const cache: Record<string, string> = XDG_CACHE_HOME === undefined ? {} : { XDG_CACHE_HOME };
    this.env = { HOME, NODE_OPTIONS, PATH, ...cache, KEYTURN_HOME: join(this.folder, 'home'), ...env };
  }

  get home(): string {
    return join(this.folder, 'home');
  }

  /** A command line that is gone after the test that made it. @param finished of the test's context, where tests run side by side. */
  static forTest(env: Record<string, string> = {}, finished: OnTestFinished = onTestFinished): CommandLine {
    const line = new CommandLine(env);
    finished(() => line.remove());
    return line;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  catalog(text: string): void {
    writeFileSync(join(this.folder, 'keyturn.yaml'), text);
  }

  run(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
    const { child, ended } = this.start(args, options);
    child.stdin?.on('error', () => {});
    child.stdin?.end(options.input ?? '');
    return ended;
  }

  start(args: readonly string[], { env = {}, nodeOptions = [], program = bin }: RunOptions = {}): Running {
    const child = spawn(process.execPath, [...nodeOptions, program, ...args], {
      cwd: this.folder,
      env: { ...this.env, ...env },
    });
    const text = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text.stdout += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      text.stderr += chunk;
    });
    const ended = new Promise<Ended>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve({ code, ...text, json: lastObject(text.stdout) }));
    });
    return { child, ended, says: (wanted) => says(child, wanted, () => text.stderr) };
  }
}

function lastObject(stdout: string): Record<string, unknown> {
  const line = stdout.trimEnd().split('\n').at(-1) ?? '';
  return line.startsWith('{') ? (JSON.parse(line) as Record<string, unknown>) : {};
}

function says(child: ChildProcess, wanted: string, said: () => string): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = () => {
      if (said().includes(wanted)) resolve();
    };
    child.stderr?.on('data', look);
    child.once('close', () => reject(new Error(`it ended without saying ${JSON.stringify(wanted)}:\n${said()}`)));
    look();
  });
}

/** A stored value that nobody issues, in the file vault, read by one consumer that attests by itself. */
export const storedCatalog = `
credentials:
  demo/webhook/SECRET:
    owner: demo
    provider: { type: random }
    targets:
      - { name: main, vault: file, secret: webhook/signing }
    consumers:
      - { type: pull, name: app }
    grace: 1h
    soak: 0
`;
