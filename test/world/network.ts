import { AsyncLocalStorage } from 'node:async_hooks';
import { type ErrorKind, KeyturnError } from '../../contract/index.ts';
import type { Chance } from './chance.ts';
import type { Clock } from './clock.ts';
import type { Fate, Fault } from './faults.ts';

/** Who makes the calls: a process that can die. What it has sent arrives all the same. */
export interface Caller {
  readonly dead: boolean;
  /** Absent: not a rotation. */
  readonly rotation?: string;
  /** When its engine was asked for what it does. */
  readonly scheduledMs?: number;
  /** When this attempt at it began. */
  readonly startedMs?: number;
}
export const callers = new AsyncLocalStorage<Caller>();

export interface NetworkGiven {
  clock: Clock;
  chance: Chance;
  /** How long a request and its reply are under way, each. 0: no time passes. */
  latencyMsMax: number;
  /** Of the rotation's credential: what comes after it finds nobody who waits. */
  attemptMs: number;
  /** How long one is asked to wait who has asked too often. */
  throttleMs: number;
}

/** Between the connectors and what they reach: calls take time, and may meet with a fault. */
export class Network {
  faults: Fault[] = [];
  /** By name, how many calls there have been. */
  readonly counts = new Map<string, number>();
  /** Faults that struck, in order. */
  readonly struck: Fault[] = [];
  /** Kills the workers of this moment. */
  crash: () => void = () => {};
  /** Before each call, also those that nothing is wrong with. */
  onCall: (name: string) => void = () => {};
  /** Whose call it is that acts at this moment, and since when it has been under way. */
  acting: (Partial<Caller> & { sentMs: number }) | undefined;
  readonly #given: NetworkGiven;
  readonly #before = new Map<string, () => unknown>();
  readonly #waiting = new Set<(error: Error) => void>();
  #isCut = false;
  #calls = 0;

  constructor(given: NetworkGiven) {
    this.#given = given;
  }

  /** How many calls there have been. */
  get calls(): number {
    return this.#calls;
  }

  get attemptMs(): number {
    return this.#given.attemptMs;
  }

  heal(): void {
    this.faults = [];
  }

  /** For good: whoever waits for an answer, or calls from now on, is told so. Else what hangs would hang for ever. */
  cut(): void {
    this.#isCut = true;
    for (const reject of this.#waiting) reject(noConnection());
    this.#waiting.clear();
  }

  /** Something else happens first: the next call of this name waits until it is done. */
  beforeNext(name: string, act: () => unknown): void {
    this.#before.set(name, act);
  }

  /**
   * @param act what it does over there, all at once.
   * @param stranger what somebody else might do to the same thing.
   */
  call<T>(name: string, act: () => T, stranger?: () => void): Promise<T> {
    this.#calls += 1;
    this.onCall(name);
    const before = this.#before.get(name);
    this.#before.delete(name);
    if (!before) return this.#send(name, act, stranger);
    return Promise.resolve(before()).then(() => this.#send(name, act, stranger));
  }

  #send<T>(name: string, act: () => T, stranger?: () => void): Promise<T> {
    const fate = this.#fateOf(name, stranger);
    const { chance, clock, latencyMsMax } = this.#given;
    const caller = callers.getStore();
    const sentMs = clock.now();
    const takes = () => (latencyMsMax === 0 ? 0 : chance.between(1, latencyMsMax));
    return new Promise((resolve, reject) => {
      if (this.#isCut) return reject(noConnection());
      this.#waiting.add(reject);
      const answer = (done: () => void) => {
        if (fate.reply === 'never') return;
        clock.after(takes(), () => {
          if (caller?.dead) return;
          this.#waiting.delete(reject);
          done();
        });
      };
      clock.after(takes() + fate.delayMs, () => {
        fate.before?.();
        this.acting = { sentMs, ...caller };
        try {
          const result = fate.acts ? act() : undefined;
          answer(() => (fate.reply === 'ok' ? resolve(result as T) : reject(fate.reply)));
        } catch (error) {
          answer(() => reject(fate.reply === 'ok' ? error : fate.reply));
        }
        this.acting = undefined;
        fate.after?.();
      });
    });
  }

  #fateOf(name: string, stranger: (() => void) | undefined): Fate {
    const count = this.counts.get(name) ?? 0;
    this.counts.set(name, count + 1);
    const fault = this.faults.find((each) => each.call === name && each.nth <= count && count < each.nth + each.times);
    if (!fault) return { delayMs: 0, acts: true, reply: 'ok' };
    this.struck.push(fault);
    return this.#fate(fault, stranger);
  }

  /** Until the attempt that makes this call is over. */
  #leftMs(): number {
    const { attemptMs, clock } = this.#given;
    const beganMs = callers.getStore()?.startedMs ?? clock.now();
    return Math.max(0, beganMs + attemptMs - clock.now());
  }

  #fate({ kind, says }: Fault, stranger: (() => void) | undefined): Fate {
    const done = { delayMs: 0, acts: true, reply: 'ok' as const };
    const error = (kindOf: ErrorKind, text: string) => new KeyturnError(kindOf, text);
    const said = says && error(says.kind, says.message);
    switch (kind) {
      case 'fails':
        return { ...done, acts: false, reply: said ?? noConnection() };
      case 'reply lost':
        return { ...done, reply: error('transient', 'the connection broke') };
      case 'hangs':
        return { ...done, reply: 'never' };
      case 'late':
        // When the caller has given up, and the engine not yet.
        return { ...done, delayMs: this.#leftMs() * 0.97, reply: 'never' };
      case 'throttled':
        return {
          ...done,
          acts: false,
          reply: new KeyturnError('rate-limited', 'HTTP 429', { retryAfterMs: this.#given.throttleMs }),
        };
      case 'denied':
        return { ...done, acts: false, reply: error('unauthorized', 'no right to do this') };
      case 'garbage':
        return { ...done, reply: said ?? new Error('an answer that nobody can make sense of') };
      case 'stranger':
        return { ...done, before: stranger };
      case 'crash before':
        return { ...done, acts: false, reply: 'never', before: () => this.crash() };
      case 'crash after':
        return { ...done, reply: 'never', after: () => this.crash() };
    }
  }
}

function noConnection(): KeyturnError {
  return new KeyturnError('transient', 'no connection');
}
