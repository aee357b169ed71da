import {
  type Client,
  ScheduleNotFoundError,
  type ScheduleSummary,
  type WorkflowExecutionInfo,
} from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import { type CredentialId, type Instant, type Phase, searchAttributes } from '../contract/index.ts';
import { isOurs, scheduleIdOf } from './declared-schedule.ts';
import { listOpen, listSchedules, openRotations } from './lists.ts';
import { openRotationOf } from './rotations.ts';

export type OpenPhase = Exclude<Phase, 'ended'>;

/** What the server knows of a credential; no worker is asked. */
export interface Overview {
  /** Of the open rotation. */
  phase?: OpenPhase;
  schedule?: ScheduleState;
}

/** A credential's Temporal Schedule. */
export interface ScheduleState {
  /** Absent: none, or paused. */
  nextAt?: Instant;
  paused: boolean;
  /** What the last who paused or resumed it said. */
  note?: string;
  /** A run of it is open: it waits to begin a rotation, or for the end of the one it began. */
  running: boolean;
}

export async function overviewOf(client: Client, credential: CredentialId): Promise<Overview> {
  const [open, schedule] = await Promise.all([openRotationOf(client, credential), scheduleOf(client, credential)]);
  return overview(open, schedule);
}

/**
 * Of all that the namespace has. It comes from Temporal's lists, which may lag behind a little: to ask about a schedule by name takes the
 * server some ms.
 */
export async function overviews(client: Client): Promise<(credential: CredentialId) => Overview> {
  const [open, schedules] = await Promise.all([openRotations(client), listedSchedules(client)]);
  return (credential) => overview(open.get(credential), schedules.get(credential));
}

type Open = Pick<WorkflowExecutionInfo, 'typedSearchAttributes'>;

function overview(open: Open | undefined, schedule: ScheduleState | undefined): Overview {
  return { ...(open && { phase: phaseOf(open) }), ...(schedule && { schedule }) };
}

const phaseKey = defineSearchAttributeKey(searchAttributes.phase, 'KEYWORD');

function phaseOf({ typedSearchAttributes }: Open): OpenPhase {
  const phase = typedSearchAttributes.get(phaseKey) as Phase | undefined;
  // One that goes on for a request that was carried still has what the rotation before it left.
  return phase === undefined || phase === 'ended' ? 'rotating' : phase;
}

async function scheduleOf(client: Client, credential: CredentialId): Promise<ScheduleState | undefined> {
  try {
    const found = await client.schedule.getHandle(scheduleIdOf(credential)).describe();
    return isOurs(found) ? stateOf(found, found.info.runningActions.length > 0) : undefined;
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
}

/** Put there by the server (https://docs.temporal.io/search-attribute#default-search-attribute). */
const scheduledBy = defineSearchAttributeKey('TemporalScheduledById', 'KEYWORD');

async function listedSchedules(client: Client): Promise<Map<CredentialId, ScheduleState>> {
  const running = new Set<string | undefined>();
  for await (const run of listOpen(client, 'scheduledRotation'))
    running.add(run.typedSearchAttributes.get(scheduledBy));
  const states = new Map<CredentialId, ScheduleState>();
  for await (const { credential, found } of listSchedules(client)) {
    if (isOurs(found)) states.set(credential, stateOf(found, running.has(found.scheduleId)));
  }
  return states;
}

function stateOf({ info, state }: Pick<ScheduleSummary, 'info' | 'state'>, running: boolean): ScheduleState {
  const next = state.paused ? undefined : info.nextActionTimes[0];
  return {
    ...(next && { nextAt: next.toISOString() }),
    paused: state.paused,
    ...(state.note && { note: state.note }),
    running,
  };
}
