/** What is counted together, and how many of it a minute may have. */
export interface Rate {
  name: string;
  perMinute: number;
}

/** `waitMs`: it is its turn after so long. `retryAfterMs`: that would be too long to wait for; nothing is kept for it. */
export type Turn = { waitMs: number } | { retryAfterMs: number };

const minuteMs = 60_000;
/** So much of a minute may come at once. */
const burstMs = 10_000;
/** Longer than this no attempt waits: its time is for the call. */
const waitMsMost = 1_000;

/**
 * Keeps what one process does below the rates that connectors declare (the generic cell rate algorithm: one instant for each name
 * says when everything so far would have come evenly).
 */
export class Paces {
  readonly #evenMs = new Map<string, number>();
  /** When those who have to come again were told to, so that they do not come all at once. */
  readonly #againMs = new Map<string, number>();

  take({ name, perMinute }: Rate, nowMs: number): Turn {
    const eachMs = minuteMs / perMinute;
    const evenMs = Math.max(this.#evenMs.get(name) ?? 0, nowMs);
    const waitMs = Math.max(0, Math.ceil(evenMs - burstMs - nowMs));
    if (waitMs <= waitMsMost) {
      this.#evenMs.set(name, evenMs + eachMs);
      return { waitMs };
    }
    const againMs = Math.max((this.#againMs.get(name) ?? 0) + eachMs, nowMs + waitMs);
    this.#againMs.set(name, againMs);
    return { retryAfterMs: Math.ceil(againMs - nowMs) };
  }
}
