import { TypedSearchAttributes } from '@temporalio/common';
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import {
  type Approve,
  type AttestMessage,
  type Credential,
  type Decision,
  type FleetProgress,
  type HandIn,
  type Outcome,
  type Proceed,
  type Progress,
  type Request,
  whoWords,
  workflowIdOf,
} from '../contract/index.ts';
import { searchPairs } from './engine.ts';
import type { Ask, Turn } from './group.workflow.ts';
import type { ScheduledInput } from './scheduled-rotation.workflow.ts';

/** One way for each thing: the names by which the client and the workflow know the messages. */
export const requestSignal = defineSignal<[Request]>('request');
export const attestSignal = defineSignal<[AttestMessage]>('attest');
export const approveUpdate = defineUpdate<void, [Approve]>('approve');
export const rejectUpdate = defineUpdate<void, [Decision]>('reject');
export const proceedUpdate = defineUpdate<string, [Proceed]>('proceed');
export const rollBackUpdate = defineUpdate<void, [Decision]>('rollBack');
export const retryUpdate = defineUpdate<void, [Decision]>('retry');
export const resolveUpdate = defineUpdate<Outcome, [Decision]>('resolve');
export const handInUpdate = defineUpdate<void, [HandIn]>('handIn');
export const progressQuery = defineQuery<Progress>('progress');

/** To a scheduled run that has not begun its rotation: what is declared now. */
export const declareSignal = defineSignal<[ScheduledInput]>('declare');

/** Between a scheduled run and the keeper of its group. A run is named by its workflow id. */
export const askSignal = defineSignal<[Ask]>('ask');
export const leaveSignal = defineSignal<[string]>('leave');
export const turnSignal = defineSignal<[Turn]>('turn');

/** To a fleet. */
export { newsSignal } from './engine.ts';
export const pauseUpdate = defineUpdate<void, [Decision]>('pause');
export const resumeUpdate = defineUpdate<void, [Decision]>('resume');
export const cancelUpdate = defineUpdate<void, [Decision]>('cancel');
export const fleetProgressQuery = defineQuery<FleetProgress>('fleetProgress');

/** What every start of a rotation bears, whoever starts it. */
export function startOf({ id, owner, provider }: Credential, { by, from, reason, urgency }: Request) {
  const values = { credential: id, owner, provider: provider.type, urgency, phase: 'rotating' } as const;
  return {
    workflowId: workflowIdOf(id),
    staticSummary: `rotate ${id}`,
    staticDetails: `asked for by ${whoWords({ by, from })}${reason === undefined ? '' : `: ${reason}`}`,
    typedSearchAttributes: new TypedSearchAttributes(searchPairs(values)),
  };
}
