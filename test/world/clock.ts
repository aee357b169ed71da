/** Where the world's time comes from: the machine's, or one that jumps from event to event. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** @returns how to call it off. */
  after(ms: number, act: () => void): () => void;
}

export const realClock: Clock = {
  now: () => Date.now(),
  after(ms, act) {
    const timer = setTimeout(act, ms);
    return () => clearTimeout(timer);
  },
};

/** The machine's, until it is stopped: then nothing comes any more. */
export class StoppableClock implements Clock {
  readonly #due = new Set<() => void>();
  #isStopped = false;

  now(): number {
    return realClock.now();
  }

  after(ms: number, act: () => void): () => void {
    if (this.#isStopped) return () => {};
    const stop = realClock.after(ms, () => {
      this.#due.delete(stop);
      act();
    });
    this.#due.add(stop);
    return () => {
      this.#due.delete(stop);
      stop();
    };
  }

  stop(): void {
    this.#isStopped = true;
    for (const stop of this.#due) stop();
    this.#due.clear();
  }
}

export function sleep(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(ms, resolve);
  });
}

interface Due {
  atMs: number;
  order: number;
  act: () => void;
}

/** One event at a time, in the order of their times; events of the same time in the order in which they were asked for. */
export class VirtualClock implements Clock {
  #nowMs: number;
  #asked = 0;
  #queue: Due[] = [];

  constructor(startMs: number) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  after(ms: number, act: () => void): () => void {
    const due = { atMs: this.#nowMs + Math.max(0, ms), order: this.#asked++, act };
    // From behind: most events are asked for in the order in which they come.
    let at = this.#queue.length;
    while (at > 0 && (this.#queue[at - 1] as Due).atMs > due.atMs) at -= 1;
    this.#queue.splice(at, 0, due);
    return () => {
      const found = this.#queue.indexOf(due);
      if (found >= 0) this.#queue.splice(found, 1);
    };
  }

  /** When the next event is due; undefined: nothing will ever happen by itself. */
  nextMs(): number | undefined {
    return this.#queue[0]?.atMs;
  }

  /** @returns false when there was none. */
  step(): boolean {
    const next = this.#queue.shift();
    if (!next) return false;
    this.#nowMs = next.atMs;
    next.act();
    return true;
  }
}
