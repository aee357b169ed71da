import { hasWorkers } from '../client/cluster.ts';
import type { Connected } from '../client/connect.ts';
import { type Retrying, retrying } from '../client/pending.ts';
import { ended, progress, rotationOf } from '../client/rotations.ts';
import type { Progress, RotationEnd } from '../contract/index.ts';
import { KeyturnError } from '../contract/index.ts';
import type { rotation } from '../workflows/rotation.workflow.ts';
import { type Ending, endingOf, pause } from './ending.ts';
import { grpcKind } from './grpc-errors.ts';

export type Handle = ReturnType<typeof rotationOf>;

export interface WatchOptions {
  credential: string;
  /** The request whose fate is watched, and the run of the workflow that took it. */
  requestId: string;
  runId: string;
  /** `refreshed`: until the new key is in use everywhere; `end`: until the old one is gone, too. */
  until: 'refreshed' | 'end';
  /** How long no worker need answer before it is looked whether there is one. */
  silenceMs?: number;
  /** How many are watched at once: together they ask no more often, because each question is work for the workers. */
  beside?: number;
  /** Told of every answer. */
  seen(now: Progress): void;
  /** Told, every few seconds, of what the engine tries again. */
  retrying?(now: readonly Retrying[]): void;
  /** Nobody watches any more. */
  stop: AbortSignal;
}

export type Watched =
  | { because: 'ended'; end: RotationEnd; progress?: Progress }
  | { because: 'refreshed' | 'quarantined'; progress: Progress }
  | { because: 'stopped'; progress?: Progress };

const pollMs = 250;
/** Of each one's turn among many. */
const turnMs = 100;
const answerMs = 5_000;
const silenceMsDefault = 20_000;
const retriesEveryMs = 3_000;

/**
 * Watches the rotation that took a request, and the next one where the request is carried on.
 * @throws KeyturnError `conflict` when it is ended by force, `transient` when no worker answers for long.
 */
export async function watch(temporal: Connected, options: WatchOptions): Promise<Watched> {
  let { runId } = options;
  for (;;) {
    const watched = await watchRun(temporal, options, runId);
    if (watched !== 'carried') return watched;
    runId = (await rotationOf(temporal.client, options.credential).describe()).runId;
  }
}

async function watchRun(temporal: Connected, options: WatchOptions, runId: string): Promise<Watched | 'carried'> {
  const latest = rotationOf(temporal.client, options.credential);
  // Of this very run: the latest one may already be somebody else's.
  const handle = temporal.client.workflow.getHandle<typeof rotation>(latest.workflowId, runId, { followRuns: false });
  const over = new AbortController();
  const ending = endingOf(temporal, over.signal, () => endOfRun(handle));
  try {
    return await poll(temporal, handle, options, ending);
  } finally {
    over.abort();
  }
}

type RunEnding = Ending<RotationEnd | undefined>;

/** Without an end where the run was continued as the next rotation. */
function endOfRun(handle: Handle): Promise<RotationEnd | undefined> {
  return ended(handle).catch((error: unknown) => {
    if (error instanceof Error && error.name === 'WorkflowExecutionContinuedAsNewError') return undefined;
    throw error;
  });
}

async function poll(
  temporal: Connected,
  handle: Handle,
  options: WatchOptions,
  ending: RunEnding,
): Promise<Watched | 'carried'> {
  let last: Progress | undefined;
  let answeredMs = Date.now();
  let retriesMs = Date.now();
  const { beside = 1, silenceMs = silenceMsDefault } = options;
  const everyMs = Math.max(pollMs, turnMs * beside);
  while (!options.stop.aborted) {
    const { settled } = ending;
    if (settled && 'error' in settled) throw settled.error;
    const now = await ask(temporal, handle);
    if (now) {
      last = now;
      answeredMs = Date.now();
      options.seen(now);
    }
    const over = await endOf(settled, now, options, ending);
    if (over) return over;
    const because = now && milestone(now, options);
    if (because) return { because, progress: now };
    if (Date.now() - answeredMs > silenceMs) {
      await requireWorker(temporal, handle);
      answeredMs = Date.now();
    }
    if (Date.now() - retriesMs > retriesEveryMs) {
      retriesMs = Date.now();
      // Without an answer there is nothing to add: the silence itself is told soon.
      options.retrying?.(await retrying(handle).catch(() => []));
    }
    await pause(everyMs, options.stop, ending);
  }
  return { because: 'stopped', ...(last && { progress: last }) };
}

/** @returns undefined when no worker answers in time. */
export async function ask(temporal: Connected, handle: Handle, withinMs = answerMs): Promise<Progress | undefined> {
  return inTime(temporal, () => progress(handle), withinMs);
}

/** @returns undefined when no worker answers the query in time. */
export async function inTime<T>(
  { connection }: Connected,
  query: () => Promise<T>,
  withinMs = answerMs,
): Promise<T | undefined> {
  try {
    return await connection.withDeadline(Date.now() + withinMs, query);
  } catch (error) {
    if (grpcKind(error) === 'transient') return undefined;
    throw error;
  }
}

/** A run that has ended for this request: the run's result tells it without a worker, what it answers tells more. */
async function endOf(
  settled: RunEnding['settled'],
  now: Progress | undefined,
  { requestId }: WatchOptions,
  ending: RunEnding,
): Promise<Watched | 'carried' | undefined> {
  if (now?.state === 'ended') {
    if (now.requests.find(({ id }) => id === requestId)?.fate === 'carried') return 'carried';
    // What the workflow returns is complete; its answer to a query in the last moment need not be.
    await ending.promise;
  }
  const last = now?.state === 'ended' ? ending.settled : settled;
  if (last === undefined || 'error' in last) return undefined;
  const end = last.end ?? now?.end;
  return end && { because: 'ended', end, ...(now && { progress: now }) };
}

function milestone(now: Progress, { requestId, until }: WatchOptions): 'refreshed' | 'quarantined' | undefined {
  if (now.state === 'quarantined') return 'quarantined';
  const mine = now.requests.some(({ id }) => id === requestId);
  return until === 'refreshed' && mine && now.state === 'running' && now.refreshedAt ? 'refreshed' : undefined;
}

/** Of what is watched, and how it is looked at again. */
export interface Silence {
  what: string;
  look: string;
}

/**
 * Workers that are there and do not answer have much to do: what is watched goes on, and so does the watching.
 * @throws KeyturnError `transient` where there are none, or Temporal does not answer.
 */
export async function requireWorker(
  { connection, namespace }: Connected,
  handle: Pick<Handle, 'describe'>,
  { look, what }: Silence = { what: 'rotation', look: 'keyturn status' },
): Promise<void> {
  const described = await handle.describe().catch(() => undefined);
  if (!described) {
    throw new KeyturnError('transient', 'Temporal has not answered for a while', {
      fix: `bring it back; the ${what} goes on by itself then, and \`${look}\` shows it`,
    });
  }
  if (await hasWorkers(connection, namespace, described.taskQueue).catch(() => false)) return;
  throw new KeyturnError('transient', `the ${what} is open, but no worker has answered for a while`, {
    fix: `start a worker with \`keyturn worker\`; the ${what} goes on by itself then`,
  });
}
