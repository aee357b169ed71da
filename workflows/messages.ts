import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { Approve, AttestMessage, Decision, Outcome, Proceed, Progress, Request } from '../contract/index.ts';

/** One way for each thing: the names by which the client and the workflow know the messages. */
export const requestSignal = defineSignal<[Request]>('request');
export const attestSignal = defineSignal<[AttestMessage]>('attest');
export const approveUpdate = defineUpdate<void, [Approve]>('approve');
export const rejectUpdate = defineUpdate<void, [Decision]>('reject');
export const proceedUpdate = defineUpdate<string, [Proceed]>('proceed');
export const rollBackUpdate = defineUpdate<void, [Decision]>('rollBack');
export const retryUpdate = defineUpdate<void, [Decision]>('retry');
export const resolveUpdate = defineUpdate<Outcome, [Decision]>('resolve');
export const progressQuery = defineQuery<Progress>('progress');
