import { setTimeout as sleep } from 'node:timers/promises';
import type { Connected } from '../client/connect.ts';

/** How what is watched ends: its own answers would never tell that it was ended by force. */
export interface Ending<End> {
  settled?: { end: End } | { error: unknown };
  promise: Promise<void>;
}

/** @param over when nobody waits for it any more. */
export function endingOf<End>({ connection }: Connected, over: AbortSignal, end: () => Promise<End>): Ending<End> {
  const ending: Ending<End> = { promise: Promise.resolve() };
  ending.promise = connection.withAbortSignal(over, end).then(
    (end) => {
      ending.settled = { end };
    },
    (error: unknown) => {
      ending.settled = { error };
    },
  );
  return ending;
}

/** Before it is asked again; an end is told at once. */
export async function pause(ms: number, stop: AbortSignal, { promise, settled }: Ending<unknown>): Promise<void> {
  const woken = new AbortController();
  const signal = AbortSignal.any([stop, woken.signal]);
  const slept = sleep(ms, undefined, { signal }).catch(() => {});
  await (settled ? slept : Promise.race([slept, promise]));
  woken.abort();
}
