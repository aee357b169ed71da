import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { defineSearchAttributeKey } from '@temporalio/common';
import * as rotations from '../../client/rotations.ts';
import type { Credential, Progress, RotationEnd } from '../../contract/index.ts';
import { searchAttributes } from '../../contract/index.ts';
import type { Station } from './station.ts';
import { violationsAfter } from './verdict.ts';

export type Handle = rotations.Started['handle'];

export interface RotationOptions {
  /** `fails`: the consumer says so of the new key. `soak`: a person rolls back while the old key is disabled. */
  ending: Ending;
  credential?: Partial<Credential>;
  /** Hears of the progress about once a second, until it answers that it has seen enough. */
  watch?(progress: Progress): 'more' | 'enough';
  /** What the to-do of a quarantine asks for, before somebody says `retry`. */
  mend?(): Promise<void>;
}

export const endings = ['rotated', 'fails', 'rolled back'] as const;
export type Ending = (typeof endings)[number];

const phase = defineSearchAttributeKey(searchAttributes.phase, 'KEYWORD');
const lookMs = 700;
const retriesMax = 5;
const longMs = 600_000;
/** A rotation that has not ended by then never will. */
const patienceMs = 300_000;

/** One rotation from its start to its end, with all that has to hold then. */
export async function rotate(station: Station, options: RotationOptions): Promise<RotationEnd | undefined> {
  const { lane, systems, tally } = station;
  const { ending, mend } = options;
  lane.fails.isOn = ending === 'fails';
  lane.fails.key = undefined;
  const before = await Promise.all(lane.places.map(async (place) => (await place.current()).document));
  const credential = lane.credential({
    ...(ending === 'rolled back' ? { soakMs: longMs } : {}),
    ...options.credential,
  });
  const request = { id: randomUUID(), at: new Date().toISOString(), by: 'crash', urgency: 'routine' as const };
  const { handle } = await patiently(() =>
    rotations.startOrJoin(systems.connected.client, credential, request, lane.queue),
  );
  const seesAll = watcher(handle, options);
  const end = await follow(station, handle, { mend, seesAll });
  if (!end) {
    tally.violation(lane.name, `${handle.workflowId} has not ended after ${patienceMs / 1_000} s`);
    return undefined;
  }
  tally.ended(end.outcome);
  // Whom it asks may just be away.
  const problems = await patiently(() => violationsAfter(lane, end, before, systems));
  for (const problem of problems) tally.violation(lane.name, problem);
  return end;
}

type Watcher = (progress: Progress) => Promise<'more' | 'enough'>;

/** What this rotation has to be watched for: a query costs its worker a replay. */
function watcher(handle: Handle, { ending, watch }: RotationOptions): Watcher {
  let isAsked = false;
  return async (progress) => {
    const seen = watch?.(progress) ?? 'enough';
    if (ending !== 'rolled back') return seen;
    if (!isAsked && isSoaking(progress)) {
      await rotations.rollBack(handle, { by: 'crash', reason: 'the round wants it' });
      isAsked = true;
    }
    return isAsked ? seen : 'more';
  };
}

export function isSoaking({ state, waits }: Progress): boolean {
  return state === 'running' && waits.some(({ name }) => name === 'soak');
}

interface Following {
  mend: RotationOptions['mend'];
  seesAll: Watcher;
}

/** Looks at it until it has ended; where it is quarantined, somebody says `retry`. */
async function follow(
  station: Station,
  handle: Handle,
  { mend, seesAll }: Following,
): Promise<RotationEnd | undefined> {
  const untilMs = Date.now() + patienceMs;
  let retries = 0;
  let seen: 'more' | 'enough' = 'more';
  while (Date.now() < untilMs) {
    await sleep(lookMs);
    try {
      const { status, typedSearchAttributes } = await handle.describe();
      if (status.name !== 'RUNNING') return await rotations.ended(handle);
      const isQuarantined = typedSearchAttributes.get(phase) === 'quarantined';
      if (seen === 'enough' && !isQuarantined) continue;
      const progress = await soon(rotations.progress(handle));
      if (!progress) continue;
      seen = await seesAll(progress);
      if (!progress.quarantine || retries === retriesMax) continue;
      retries += 1;
      await mend?.();
      await standingOpen(station, handle, progress);
    } catch {
      // The server or the workers are away just now.
    }
  }
  return undefined;
}

async function standingOpen({ lane, tally }: Station, handle: Handle, { quarantine }: Progress): Promise<void> {
  if (!quarantine) return;
  tally.quarantined += 1;
  console.log(
    `  ${lane.name}: quarantined in ${quarantine.during} of ${quarantine.step}: ${quarantine.reason.message}`,
  );
  if (quarantine.todo.length === 0) tally.violation(lane.name, `${handle.workflowId} is quarantined without a to-do`);
  await rotations.retry(handle, { by: 'crash' });
}

const queryMs = 3_000;

/** A query whose worker has died is answered by nobody. */
export async function soon<T>(work: Promise<T>): Promise<T | undefined> {
  work.catch(() => {});
  return Promise.race([work, sleep(queryMs, undefined)]);
}

async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt === 10) throw error;
      await sleep(1_000);
    }
  }
}
