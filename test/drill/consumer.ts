import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Served } from '../crash/stand/places.ts';
import type { Connect, Connections } from './connections.ts';

export interface Failure {
  atMs: number;
  text: string;
}

/** What a consumer has measured of itself. */
export interface Traffic {
  queries: number;
  /** Answered ones. */
  perSecond: number;
  /** The longest time from one answer to the next. */
  pauseMs: number;
  failures: readonly Failure[];
}

interface Loaded {
  connections: Connections;
  version: string;
  running: Set<Promise<unknown>>;
}

/** More than is asked of it, so that a stumble is made up for. */
export const perSecondWanted = 12;
const tickMs = 20;
/** Who is not answered asks no more: then the rate falls, as it should. */
const runningMax = 30;

/** Queries all the while with what it has read from its vault, without any retry, and reads it again when it is told to. */
export class Consumer {
  /** The HMAC key of its webhook. */
  readonly secret = `whsec_${randomBytes(32).toString('base64')}`;
  readonly #read: () => Promise<Served>;
  readonly #connect: Connect;
  readonly #failures: Failure[] = [];
  #queries = 0;
  #pauseMs = 0;
  #beganMs = 0;
  #endedMs = 0;
  #answeredMs = 0;
  #loaded: Loaded | undefined;
  #loading: Promise<string> = Promise.resolve('');
  #running: Promise<void> = Promise.resolve();

  constructor(read: () => Promise<Served>, connect: Connect) {
    this.#read = read;
    this.#connect = connect;
  }

  async start(): Promise<void> {
    await this.load();
    this.#beganMs = Date.now();
    this.#answeredMs = this.#beganMs;
    this.#running = this.#keepQuerying();
  }

  async stop(): Promise<Traffic> {
    this.#endedMs = Date.now();
    await this.#running;
    if (this.#loaded) await drained(this.#loaded);
    return this.traffic;
  }

  get traffic(): Traffic {
    const tookMs = (this.#endedMs || Date.now()) - this.#beganMs;
    const perSecond = (this.#queries * 1_000) / tookMs;
    return { queries: this.#queries, perSecond, pauseMs: this.#pauseMs, failures: this.#failures };
  }

  /** One at a time. @returns the version in use, when nothing of the one before is. @throws what the new value does, and keeps what works. */
  load(): Promise<string> {
    const next = () => this.#load();
    this.#loading = this.#loading.then(next, next);
    return this.#loading;
  }

  async #load(): Promise<string> {
    const { document, version } = await this.#read();
    const before = this.#loaded;
    if (before?.version === version) return version;
    const connections = this.#connect(document);
    try {
      await connections.query();
    } catch (error) {
      await connections.close();
      throw error;
    }
    this.#loaded = { connections, version, running: new Set() };
    if (before) await drained(before);
    return version;
  }

  /** By the clock: one late query does not make all later ones late. */
  async #keepQuerying(): Promise<void> {
    let asked = 0;
    while (this.#endedMs === 0) {
      const due = Math.floor(((Date.now() - this.#beganMs) * perSecondWanted) / 1_000);
      for (; asked < due; asked += 1) this.#query();
      await sleep(tickMs);
    }
  }

  #query(): void {
    const loaded = this.#loaded;
    if (!loaded || loaded.running.size >= runningMax) return;
    const query = loaded.connections.query().then(
      () => this.#answered(),
      (error: Error) => void this.#failures.push({ atMs: Date.now(), text: `${error.name}: ${error.message}` }),
    );
    loaded.running.add(query);
    void query.finally(() => loaded.running.delete(query));
  }

  #answered(): void {
    // What is answered after the end is not of the time that is measured.
    if (this.#endedMs > 0) return;
    const nowMs = Date.now();
    this.#queries += 1;
    this.#pauseMs = Math.max(this.#pauseMs, nowMs - this.#answeredMs);
    this.#answeredMs = nowMs;
  }
}

async function drained({ connections, running }: Loaded): Promise<void> {
  await Promise.all(running);
  await connections.close();
}
