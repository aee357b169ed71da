import { handInBinding, sealFor } from '../../connectors/keyrings/seal.ts';
import type {
  Activities,
  Credential,
  KeyRing,
  KeyValue,
  News,
  Progress,
  Request,
  RotationEnd,
} from '../../contract/index.ts';
import { KeyturnError } from '../../contract/index.ts';
import { cancelled, signals, updates } from '../../workflows/desk.ts';
import { newRun, progressOf, rotate } from '../../workflows/rotate.ts';
import type { Run } from '../../workflows/run.ts';
import type { Chance } from '../world/chance.ts';
import type { Clock } from '../world/clock.ts';
import { Execution, type Scheduled } from './execution.ts';
import { quiet } from './quiet.ts';
import { Task } from './task.ts';

export type UpdateName = keyof typeof updates;

export interface HostGiven {
  clock: Clock;
  chance: Chance;
  credential: Credential;
  activities: Activities;
  keys: KeyRing;
  /** What must not be, and why. */
  surprise(invariant: 'no surprise' | 'replays alike' | 'one at a time', what: string): void;
  begun(run: Run): void;
  ended(end: RotationEnd, run: Run): void;
  /** What a rotation tells to whom a request names. */
  told?(workflowId: string, news: News): void;
}

/** How long it takes until another worker is there. */
const restartMsMax = 3_000;

/** What Temporal is to the rotations of one credential: at most one is open. */
export class Host {
  run: Run | undefined;
  execution: Execution | undefined;
  /** No worker has it in memory any more. */
  isLost = false;
  readonly #given: HostGiven;
  #worker: { dead: boolean } | undefined = { dead: false };
  #tasks = new Map<number, Task>();
  #runs = 0;
  #requests: readonly Request[] = [];
  #startedMs = 0;

  constructor(given: HostGiven) {
    this.#given = given;
  }

  get runId(): string {
    return `run-${this.#runs}`;
  }

  get isOpen(): boolean {
    return this.execution !== undefined;
  }

  get progress(): Progress | undefined {
    return this.run && progressOf(this.run);
  }

  /** Signal with start. */
  request(request: Request): void {
    if (this.isOpen) this.tell('request', request);
    else this.#start([], request);
  }

  /** A signal, or the engine's own cancellation. */
  tell(name: 'request' | 'attest' | 'cancel', payload: unknown): void {
    this.#deliver({ kind: 'message', name, payload });
  }

  /** For a value that is to be handed in under this id. */
  seal(id: string, value: KeyValue): Promise<string> {
    return sealFor(this.#given.keys, handInBinding(this.#given.credential, id), value);
  }

  /** @returns why it was refused, if it was. */
  update(name: UpdateName, message: never): string | undefined {
    if (!this.run) return 'there is no rotation';
    try {
      updates[name].may(this.run, message);
    } catch (error) {
      if (error instanceof KeyturnError) return error.message;
      throw error;
    }
    this.#deliver({ kind: 'message', name, payload: message });
    return undefined;
  }

  /** All workers die; another one takes over after a while, and has to rebuild the workflow from its history. */
  crash(): void {
    if (!this.#worker) return;
    this.isLost = true;
    this.#worker.dead = true;
    this.#worker = undefined;
    const { chance, clock } = this.#given;
    clock.after(chance.between(0, restartMsMax), () => {
      this.#worker = { dead: false };
    });
  }

  /** Ended by force: it does nothing any more, and what is under way may still happen. */
  terminate(): void {
    this.#abandon();
    this.execution = undefined;
    this.run = undefined;
  }

  /** Rebuilt from its whole history, by a worker that has nothing in memory. */
  async rebuild(): Promise<void> {
    const old = this.execution;
    this.isLost = false;
    if (!old) return;
    const rebuilt = await this.#replay(old, old.history.length);
    const open = rebuilt.endReplay().map(({ seq }) => seq);
    const lost = [...this.#tasks.keys()].filter((seq) => !open.includes(seq));
    if (lost.length > 0) this.#given.surprise('replays alike', `it no longer waits for ${lost}`);
  }

  /** It begins again behind the first `kept` things that it was told, as another run. */
  async reset(kept: number): Promise<void> {
    const old = this.execution;
    if (!old) return;
    this.#abandon();
    this.#runs += 1;
    const rebuilt = await this.#replay(old, kept);
    for (const call of rebuilt.endReplay()) this.#schedule(call);
  }

  /** Until everything waits for the next event. */
  async settle(): Promise<void> {
    do await quiet();
    while (this.execution?.evaluate());
    this.execution?.taskDone();
  }

  #abandon(): void {
    this.execution?.end();
    for (const task of this.#tasks.values()) task.cancel();
    this.#tasks = new Map();
  }

  async #replay(old: Execution, kept: number): Promise<Execution> {
    old.end();
    const history = old.history.slice(0, kept);
    // What it was started with is there before it begins.
    const isFirst = ({ kind, task }: (typeof history)[number]) => kind === 'message' && task === 0;
    const fresh = this.#execute(this.#requests, this.#startedMs, (execution) => {
      execution.beginReplay(old.calls);
      for (const delivery of old.history.filter(isFirst)) execution.replay(delivery);
    });
    try {
      let task: number | undefined;
      for (const delivery of history.filter((each) => !isFirst(each))) {
        if (delivery.task !== task) await this.settle();
        task = delivery.task;
        fresh.replay(delivery);
      }
      await this.settle();
    } catch (error) {
      this.#given.surprise('replays alike', String(error));
    }
    return fresh;
  }

  #start(requests: readonly Request[], request?: Request): void {
    if (this.isOpen) this.#given.surprise('one at a time', 'another rotation is open');
    this.#runs += 1;
    this.#requests = requests;
    this.#startedMs = this.#given.clock.now();
    this.#tasks = new Map();
    this.#execute(requests, this.#startedMs, (execution) => {
      if (request) execution.deliver({ kind: 'message', name: 'request', payload: request });
    });
    if (this.run) this.#given.begun(this.run);
  }

  #execute(requests: readonly Request[], startMs: number, first: (execution: Execution) => void): Execution {
    const { clock, credential, surprise } = this.#given;
    const execution = new Execution(
      `r${credential.id}-${this.#startedMs}`,
      clock,
      {
        schedule: (call) => this.#schedule(call),
        cancel: (seq) => this.#cancel(seq),
        tell: (workflowId, news) => this.#given.told?.(workflowId, news),
      },
      startMs,
    );
    const run = newRun(execution, credential, execution.uuid(), requests);
    execution.onMessage = (name, payload) => this.#hear(run, name, payload);
    this.execution = execution;
    this.run = run;
    first(execution);
    rotate(run).then(
      ({ end, carried }) => this.#over(execution, run, end, carried),
      (error) => execution.ended || surprise('no surprise', `the workflow failed: ${error?.stack ?? error}`),
    );
    return execution;
  }

  #hear(run: Run, name: string, payload: unknown): void {
    if (name === 'request' || name === 'attest') signals[name](run, payload);
    else if (name === 'cancel') cancelled(run);
    else this.#handle(run, name as UpdateName, payload as never);
  }

  /** As Temporal does: an update that fails is told so, and the workflow goes on. */
  async #handle(run: Run, name: UpdateName, message: never): Promise<void> {
    try {
      await updates[name].act(run, message);
    } catch (error) {
      if (!(error instanceof KeyturnError)) this.#given.surprise('no surprise', `${name}: ${error}`);
    }
  }

  #over(execution: Execution, run: Run, end: RotationEnd, carried: Request[]): void {
    if (execution.ended || execution !== this.execution) return;
    execution.end();
    this.execution = undefined;
    this.#given.ended(end, run);
    if (carried.length > 0) this.#start(carried);
  }

  #deliver(told: Parameters<Execution['deliver']>[0]): void {
    this.execution?.deliver(told);
  }

  #cancel(seq: number): void {
    this.#tasks.get(seq)?.cancel();
    this.#tasks.delete(seq);
  }

  #schedule(call: Scheduled): void {
    const { activities, chance, clock, surprise } = this.#given;
    const { runId } = this;
    const task = new Task(call, {
      activities,
      chance,
      clock,
      runId,
      worker: () => this.#worker,
      surprise: (what) => surprise('no surprise', what),
      completed: (completion) => {
        this.#tasks.delete(call.seq);
        // A rebuilt workflow hears what its forerunner asked for.
        this.#deliver({ kind: 'activity', seq: call.seq, completion });
      },
    });
    this.#tasks.set(call.seq, task);
  }
}
