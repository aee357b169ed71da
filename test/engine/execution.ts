import { AsyncLocalStorage } from 'node:async_hooks';
import { CancelledFailure } from '@temporalio/common';
import type { Activities, KeyturnError, News } from '../../contract/index.ts';
import type { CallOptions, Cancellable, Engine } from '../../workflows/engine.ts';
import type { Clock } from '../world/clock.ts';

/** What came of an activity. */
export type Completion = { value: unknown } | { error: KeyturnError };

/** What a workflow is told, in the order in which it is told: its history. What has the same `task` is told at once. */
export type Delivery = { atMs: number; task: number } & (
  | { kind: 'activity'; seq: number; completion: Completion }
  | { kind: 'timer'; seq: number }
  | { kind: 'message'; name: string; payload: unknown }
);
type Told<D> = D extends unknown ? Omit<D, 'atMs' | 'task'> : never;

export interface Scheduled {
  seq: number;
  name: string;
  /** As it travels: JSON. */
  input: string;
  options: CallOptions;
}

/** What carries out what a workflow asks for. */
export interface Server {
  schedule(call: Scheduled): void;
  cancel(seq: number): void;
  tell(workflowId: string, news: News): void;
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

class Scope {
  readonly parent: Scope | undefined;
  isCancelled = false;
  readonly onCancel = new Set<() => void>();

  constructor(parent: Scope | undefined) {
    this.parent = parent;
    parent?.onCancel.add(() => this.cancel());
  }

  cancel(): void {
    if (this.isCancelled) return;
    this.isCancelled = true;
    for (const tell of [...this.onCancel]) tell();
  }
}

const scopes = new AsyncLocalStorage<Scope>();

/**
 * One workflow under virtual time: deterministic, so that it can be rebuilt from its history. What it is told comes through
 * `deliver`, what it wants goes to the server.
 */
export class Execution implements Engine {
  readonly history: Delivery[] = [];
  /** Every call, in order: a rebuilt workflow makes the same ones. */
  readonly calls: Scheduled[] = [];
  readonly shown: string[] = [];
  /** It is told nothing any more. */
  ended = false;
  onMessage: (name: string, payload: unknown) => void = () => {};
  readonly #clock: Clock;
  readonly #server: Server;
  readonly #id: string;
  #nowMs: number;
  #seq = 0;
  #task = 0;
  #isAwake = true;
  #uuids = 0;
  readonly #waiting = new Map<number, Waiting>();
  readonly #timers = new Map<number, { dueMs: number; stop: () => void }>();
  readonly #conditions = new Set<{ test: () => boolean; resolve: () => void }>();
  #replaying: readonly Scheduled[] | undefined;

  constructor(id: string, clock: Clock, server: Server, startMs: number) {
    this.#id = id;
    this.#clock = clock;
    this.#server = server;
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  uuid(): string {
    return `${this.#id}-${++this.#uuids}`;
  }

  condition(test: () => boolean, ms?: number): Promise<boolean> {
    const scope = scopes.getStore();
    if (scope?.isCancelled) return Promise.reject(new CancelledFailure('cancelled'));
    if (test()) return Promise.resolve(true);
    if (ms !== undefined && ms <= 0) return Promise.resolve(false);
    return new Promise((resolve, reject) => {
      const timer = ms === undefined ? undefined : this.#startTimer(ms, () => done(() => resolve(false)));
      const waiting = { test, resolve: () => done(() => resolve(true)) };
      const cancel = () => done(() => reject(new CancelledFailure('cancelled')));
      const done = (settle: () => void) => {
        this.#conditions.delete(waiting);
        scope?.onCancel.delete(cancel);
        if (timer !== undefined) this.#stopTimer(timer);
        settle();
      };
      this.#conditions.add(waiting);
      scope?.onCancel.add(cancel);
    });
  }

  activities(options: CallOptions): Activities {
    return new Proxy({} as Activities, {
      get: (_target, name: string) => (input: unknown) => this.#call(name, input, options),
    });
  }

  cancellable<T>(work: () => Promise<T>): Cancellable<T> {
    const scope = new Scope(scopes.getStore());
    return { result: scopes.run(scope, work), cancel: () => scope.cancel() };
  }

  describe(markdown: string): void {
    this.shown.push(markdown);
  }

  /** None of these began before. */
  patched(): boolean {
    return true;
  }

  searchable(values: Record<string, string>): void {
    this.shown.push(JSON.stringify(values));
  }

  /** It is said once, whoever replays that; that it was heard takes no time here. */
  async tell(workflowId: string, news: News): Promise<boolean> {
    this.shown.push(JSON.stringify(news));
    if (!this.#replaying) this.#server.tell(workflowId, news);
    return true;
  }

  log(message: string, fields: Record<string, unknown>): void {
    this.shown.push(`${message} ${JSON.stringify(fields)}`);
  }

  deliver(told: Told<Delivery>): void {
    this.replay({ ...told, atMs: this.#clock.now(), task: this.#task } as Delivery);
  }

  /** Everything that it was told has been worked off. */
  taskDone(): void {
    if (this.#isAwake) this.#task += 1;
    this.#isAwake = false;
  }

  /** Conditions that hold now go on; they are looked at only when it was told something. @returns whether there were any. */
  evaluate(): boolean {
    const holding = this.ended || !this.#isAwake ? [] : [...this.#conditions].filter(({ test }) => test());
    for (const { resolve } of holding) resolve();
    return holding.length > 0;
  }

  /** From now on it is told what another one was told: `earlier` are the calls that it has to make, as that one did. */
  beginReplay(earlier: readonly Scheduled[]): void {
    this.#replaying = earlier;
  }

  replay(delivery: Delivery): void {
    if (this.ended) return;
    this.history.push(delivery);
    this.#isAwake = true;
    this.#tell(delivery);
  }

  /** @returns the calls that have no answer yet. */
  endReplay(): Scheduled[] {
    this.#replaying = undefined;
    this.#task = 1 + (this.history.at(-1)?.task ?? 0);
    for (const [seq, { dueMs }] of this.#timers) this.#setTimer(seq, dueMs - this.#clock.now());
    return this.calls.filter(({ seq }) => this.#waiting.has(seq));
  }

  end(): void {
    this.ended = true;
    for (const { stop } of this.#timers.values()) stop();
    this.#timers.clear();
  }

  #tell(delivery: Delivery): void {
    this.#nowMs = delivery.atMs;
    if (delivery.kind === 'message') this.onMessage(delivery.name, delivery.payload);
    else this.#settle(delivery.seq, delivery.kind === 'timer' ? { value: undefined } : delivery.completion);
  }

  #settle(seq: number, completion: Completion): void {
    const waiting = this.#waiting.get(seq);
    this.#waiting.delete(seq);
    if ('error' in completion) waiting?.reject(completion.error);
    else waiting?.resolve(completion.value);
  }

  #call(name: string, input: unknown, options: CallOptions): Promise<unknown> {
    const scope = scopes.getStore();
    if (scope?.isCancelled) return Promise.reject(new CancelledFailure('cancelled'));
    const call = { seq: ++this.#seq, name, input: JSON.stringify(input), options };
    this.calls.push(call);
    this.#compare(call);
    return new Promise((resolve, reject) => {
      const cancel = () => {
        this.#waiting.delete(call.seq);
        this.#server.cancel(call.seq);
        reject(new CancelledFailure('cancelled'));
      };
      const left = () => scope?.onCancel.delete(cancel);
      scope?.onCancel.add(cancel);
      this.#waiting.set(call.seq, {
        resolve(value) {
          left();
          resolve(value);
        },
        reject(error) {
          left();
          reject(error);
        },
      });
      if (!this.#replaying) this.#server.schedule(call);
    });
  }

  #compare(call: Scheduled): void {
    const earlier = this.#replaying?.[this.calls.length - 1];
    if (!earlier || (earlier.seq === call.seq && earlier.name === call.name && earlier.input === call.input)) return;
    throw new TypeError(
      `replayed, it calls ${call.name} with ${call.input} where it called ${earlier.name} with ${earlier.input}`,
    );
  }

  #startTimer(ms: number, over: () => void): number {
    const seq = ++this.#seq;
    this.#waiting.set(seq, { resolve: over, reject: over });
    this.#timers.set(seq, { dueMs: this.#nowMs + ms, stop: () => {} });
    if (!this.#replaying) this.#setTimer(seq, ms);
    return seq;
  }

  #setTimer(seq: number, ms: number): void {
    const timer = this.#timers.get(seq);
    if (!timer) return;
    timer.stop = this.#clock.after(ms, () => this.deliver({ kind: 'timer', seq }));
  }

  #stopTimer(seq: number): void {
    this.#timers.get(seq)?.stop();
    this.#timers.delete(seq);
    this.#waiting.delete(seq);
  }
}
