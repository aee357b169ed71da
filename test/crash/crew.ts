import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { answerChild, type Point } from './worker/points.ts';

const script = fileURLToPath(new URL('./worker/main.ts', import.meta.url));

export interface CrewOptions {
  queue: string;
  env: Record<string, string>;
  /** What they write to their standard error. */
  logFile: string;
  /** Says whether a worker that has come to the point dies there. */
  judge(point: Point): Promise<boolean>;
  /** Stands before node and its arguments: a shell that sets limits, say. */
  command?: readonly string[];
}

/** One that dies, one that takes over, and one that stands by while the next one starts. */
const workersAtOnce = 3;

/** Worker processes on one queue, always as many as wanted: one that dies is followed by another. */
export class Crew {
  /** Confirmed by the system: ended by SIGKILL. */
  killed = 0;
  /** Ended without being killed by us. */
  readonly fallen: string[] = [];
  readonly #options: CrewOptions;
  readonly #log: WriteStream;
  readonly #children = new Set<ChildProcess>();
  #stopping = false;

  private constructor(options: CrewOptions) {
    this.#options = options;
    this.#log = createWriteStream(options.logFile, { flags: 'a' });
  }

  /** @returns when all ask for work. */
  static async start(options: CrewOptions): Promise<Crew> {
    const crew = new Crew(options);
    await Promise.all(Array.from({ length: workersAtOnce }, () => crew.#hire()));
    return crew;
  }

  get pids(): number[] {
    return [...this.#children].map((child) => child.pid ?? 0);
  }

  /** All of them at once. */
  killAll(): number {
    const children = [...this.#children];
    for (const child of children) child.kill('SIGKILL');
    return children.length;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    const ends = [...this.#children].map((child) => once(child, 'exit'));
    for (const child of this.#children) child.kill('SIGKILL');
    await Promise.all(ends);
    await new Promise((resolve) => this.#log.end(resolve));
  }

  async #hire(): Promise<void> {
    const { HOME = '', PATH = '' } = process.env;
    const { env, judge, queue } = this.#options;
    const [program = process.execPath, ...args] = [...(this.#options.command ?? []), process.execPath, script];
    const child = spawn(program, args, {
      env: { HOME, PATH, CRASH_QUEUE: queue, ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#children.add(child);
    child.stdout?.pipe(this.#log, { end: false });
    child.stderr?.pipe(this.#log, { end: false });
    child.on('error', () => {});
    child.once('exit', (code, signal) => this.#ended(child, code, signal));
    const ready = new Promise<void>((resolve) => {
      child.on('message', (message) => message === 'ready' && resolve());
    });
    answerChild(child, judge);
    await Promise.race([ready, once(child, 'exit')]);
  }

  #ended(child: ChildProcess, code: number | null, signal: string | null): void {
    this.#children.delete(child);
    if (this.#stopping) return;
    if (signal === 'SIGKILL') this.killed += 1;
    else this.fallen.push(`a worker ended with ${signal ?? `code ${code}`}`);
    void this.#hire();
  }
}
