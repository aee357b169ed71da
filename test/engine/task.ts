import { AsyncLocalStorage } from 'node:async_hooks';
import type { Attempt } from '../../connectors/deps.ts';
import type { Activities, Job } from '../../contract/index.ts';
import { KeyturnError, retryable } from '../../contract/index.ts';
import { attemptDeadlineMs } from '../../workers/attempt.ts';
import type { Chance } from '../world/chance.ts';
import type { Clock } from '../world/clock.ts';
import { type Caller, callers } from '../world/network.ts';
import type { Completion, Scheduled } from './execution.ts';

/** What one attempt of one activity gets from its engine. */
export const attempts = new AsyncLocalStorage<Attempt>();

export interface TaskGiven {
  clock: Clock;
  chance: Chance;
  activities: Activities;
  /** Of the run that asked: a reset begins to count its calls again. */
  runId: string;
  /** A worker that lives, or undefined while there is none. */
  worker(): Caller | undefined;
  /** Something that nobody expects of an activity. */
  surprise(what: string): void;
  completed(completion: Completion): void;
}

const heartbeatMs = 10_000;
const pollMs = 50;

/** One activity as Temporal carries it out: attempts, their timeouts, and the pauses between them. */
export class Task {
  readonly call: Scheduled;
  readonly #given: TaskGiven;
  readonly #scheduledMs: number;
  #attempt = 0;
  /** The attempt that may still answer. */
  #open: number | undefined;
  #over = false;
  #abort = new AbortController();
  #last: KeyturnError | undefined;
  #stopTotal = () => {};

  constructor(call: Scheduled, given: TaskGiven) {
    this.call = call;
    this.#given = given;
    this.#scheduledMs = given.clock.now();
    const { totalMs } = call.options;
    if (totalMs !== undefined) this.#stopTotal = given.clock.after(totalMs, () => this.#outOfTime());
    this.#queue(0);
  }

  /** Nobody waits for it any more; what runs hears of it with its next heartbeat. */
  cancel(): void {
    this.#over = true;
    this.#stopTotal();
    this.#given.clock.after(this.#given.chance.between(0, heartbeatMs * 0.8), () => this.#abort.abort());
  }

  #queue(ms: number): void {
    const { chance, clock, worker } = this.#given;
    clock.after(ms + chance.between(1, pollMs), () => {
      if (this.#over) return;
      const caller = worker();
      if (caller) this.#run(caller);
      else this.#queue(pollMs);
    });
  }

  #run(caller: Caller): void {
    const { activities, chance, clock } = this.#given;
    const { attemptMs, totalMs } = this.call.options;
    const number = ++this.#attempt;
    this.#open = number;
    const leftMs = totalMs === undefined ? attemptMs : Math.min(attemptMs, this.#scheduledMs + totalMs - clock.now());
    const abort = new AbortController();
    this.#abort = abort;
    clock.after(attemptDeadlineMs(leftMs), () => abort.abort());
    // A dead worker sends no heartbeat.
    const giveUp = () => this.#failed(number, lost(this.call.name));
    clock.after(Math.min(attemptMs, heartbeatMs), () => caller.dead && giveUp());
    clock.after(attemptMs, giveUp);
    const attempt: Attempt = {
      call: `${this.#given.runId}/${this.call.seq}`,
      number,
      now: () => clock.now(),
      random: (bytes) => chance.bytes(bytes),
      sleep: (ms) => sleepAs(caller, clock, ms),
      heartbeat: () => {},
      cancelled: abort.signal,
    };
    const activity = activities[this.call.name as keyof Activities] as (input: unknown) => Promise<unknown>;
    const input = JSON.parse(this.call.input) as { job: Job };
    const sender = {
      scheduledMs: this.#scheduledMs,
      startedMs: clock.now(),
      rotation: `${input.job.rotation}#${this.#given.runId}`,
      get dead() {
        return caller.dead;
      },
    };
    callers
      .run(sender, () => attempts.run(attempt, () => activity(input)))
      .then(
        (value) => this.#answered(caller, number, () => this.#complete({ value: travelled(value) })),
        (error) => this.#answered(caller, number, () => this.#failed(number, this.#known(error))),
      );
  }

  /** The answer of a dead worker is never heard. */
  #answered(caller: Caller, number: number, then: () => void): void {
    if (caller.dead) return;
    const { chance, clock } = this.#given;
    clock.after(chance.between(1, pollMs), () => {
      if (!caller.dead && number === this.#open) then();
    });
  }

  #known(error: unknown): KeyturnError {
    if (error instanceof KeyturnError) return error;
    this.#given.surprise(`${this.call.name}: ${error instanceof Error ? error.stack : String(error)}`);
    return new KeyturnError('transient', `unexpected ${error instanceof Error ? error.name : typeof error}`);
  }

  #failed(number: number, error: KeyturnError): void {
    if (this.#over || number !== this.#open) return;
    this.#open = undefined;
    this.#last = error;
    if (retryable(error.kind)) this.#again(error);
    else this.#complete({ error });
  }

  #again(error: KeyturnError): void {
    const { retryMs, retryMsMax, totalMs } = this.call.options;
    const pauseMs = error.retryAfterMs ?? Math.min(retryMsMax, retryMs * 2 ** (this.#attempt - 1));
    const nextMs = this.#given.clock.now() + pauseMs - this.#scheduledMs;
    if (totalMs !== undefined && nextMs >= totalMs) this.#outOfTime();
    else this.#queue(pauseMs);
  }

  #outOfTime(): void {
    if (this.#over) return;
    this.#abort.abort();
    this.#complete({ error: this.#last ?? new KeyturnError('transient', `${this.call.name}: no answer in time`) });
  }

  #complete(completion: Completion): void {
    if (this.#over) return;
    this.#over = true;
    this.#stopTotal();
    this.#given.completed(completion);
  }
}

function lost(name: string): KeyturnError {
  return new KeyturnError('transient', `${name}: no answer in time`);
}

function travelled(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}

function sleepAs(caller: Caller, clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(ms, () => caller.dead || resolve());
  });
}
