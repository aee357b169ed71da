import { type Client, ScheduleNotFoundError } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import { type CredentialId, type Instant, type Phase, searchAttributes } from '../contract/index.ts';
import { isOurs, scheduleIdOf } from './declared-schedule.ts';
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
  const [phase, schedule] = await Promise.all([phaseOf(client, credential), scheduleOf(client, credential)]);
  return { ...(phase && { phase }), ...(schedule && { schedule }) };
}

const phaseKey = defineSearchAttributeKey(searchAttributes.phase, 'KEYWORD');

async function phaseOf(client: Client, credential: CredentialId): Promise<OpenPhase | undefined> {
  const open = await openRotationOf(client, credential);
  if (!open) return undefined;
  const phase = open.typedSearchAttributes.get(phaseKey) as Phase | undefined;
  // One that goes on for a request that was carried still has what the rotation before it left.
  return phase === undefined || phase === 'ended' ? 'rotating' : phase;
}

async function scheduleOf(client: Client, credential: CredentialId): Promise<ScheduleState | undefined> {
  try {
    const found = await client.schedule.getHandle(scheduleIdOf(credential)).describe();
    if (!isOurs(found)) return undefined;
    const { info, state } = found;
    const next = state.paused ? undefined : info.nextActionTimes[0];
    return {
      ...(next && { nextAt: next.toISOString() }),
      paused: state.paused,
      ...(state.note && { note: state.note }),
      running: info.runningActions.length > 0,
    };
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
}
