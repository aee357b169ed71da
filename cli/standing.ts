import type { Connected } from '../client/connect.ts';
import { type Retrying, retrying } from '../client/pending.ts';
import { ended, rotationOf } from '../client/rotations.ts';
import type { Progress, RotationEnd } from '../contract/index.ts';
import { KeyturnError, mainQueue } from '../contract/index.ts';
import { openExistingSink } from './audit-sink.ts';
import { grpcKind } from './grpc-errors.ts';
import type { Shell } from './shell.ts';
import { ask, type Handle } from './watch.ts';

/** What is known of a credential's present or last rotation, and from where. */
export interface Standing {
  source: 'temporal' | 'audit' | 'none';
  /** Terminated, or ended otherwise without a result. */
  forced: boolean;
  progress?: Progress;
  /** What is tried again at this moment, and why. */
  retrying?: Retrying[];
  end?: RotationEnd;
}

/** What is over can be told without a worker, only with fewer words. */
const briefMs = 2_000;

/** @throws KeyturnError `transient` when a rotation is open and no worker says how it stands. */
export async function standingOf(shell: Shell, temporal: Connected, id: string): Promise<Standing> {
  const handle = rotationOf(temporal.client, id);
  const state = await workflowState(handle);
  if (state === undefined) return auditStanding(shell, id);
  if (state === 'COMPLETED') return endedStanding(temporal, handle);
  if (state !== 'RUNNING') {
    const progress = await ask(temporal, handle, briefMs);
    return { source: 'temporal', forced: true, ...(progress && { progress }) };
  }
  const progress = await ask(temporal, handle);
  if (progress)
    return { source: 'temporal', forced: false, progress, retrying: await retrying(handle).catch(() => []) };
  throw new KeyturnError('transient', `a rotation of ${id} is open, but no worker on the queue ${mainQueue} answers`, {
    fix: 'start one with `keyturn worker`',
  });
}

/** @returns undefined when Temporal knows no rotation of the credential, or no longer. */
async function workflowState(handle: Handle): Promise<string | undefined> {
  try {
    return (await handle.describe()).status.name;
  } catch (error) {
    if (error instanceof Error && (error.name === 'WorkflowNotFoundError' || grpcKind(error) === 'not-found')) {
      return undefined;
    }
    throw error;
  }
}

/** The result needs no worker; the steps that led to it do. */
async function endedStanding(temporal: Connected, handle: Handle): Promise<Standing> {
  const [end, progress] = await Promise.all([ended(handle), ask(temporal, handle, briefMs)]);
  return { source: 'temporal', forced: false, end, ...(progress && { progress }) };
}

async function auditStanding(shell: Shell, id: string): Promise<Standing> {
  const end = await lastClose(shell, id);
  return end ? { source: 'audit', forced: false, end } : { source: 'none', forced: false };
}

async function lastClose(shell: Shell, id: string): Promise<RotationEnd | undefined> {
  const sink = await openExistingSink(shell).catch((error: unknown) => {
    if (error instanceof KeyturnError && error.kind === 'not-found') return undefined;
    throw error;
  });
  if (!sink) return undefined;
  try {
    const records = await sink.read(id);
    const close = records.findLast(({ entry }) => entry.kind === 'close');
    return close?.entry.detail?.end as RotationEnd | undefined;
  } finally {
    await sink.close();
  }
}
