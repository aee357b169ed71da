import { randomUUID } from 'node:crypto';
import { type Client, WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { InspectionInput, Plan } from '../contract/index.ts';
import { mainQueue } from '../contract/index.ts';
import type { inspection } from '../workflows/inspection.workflow.ts';
import { errorOf } from './failures.ts';

/**
 * Has a worker look as a rotation would.
 * @throws KeyturnError saying why it could not begin.
 */
export async function inspect(client: Client, input: InspectionInput, taskQueue: string = mainQueue): Promise<Plan> {
  const { id } = input.credential;
  try {
    return await client.workflow.execute<typeof inspection>('inspection', {
      workflowId: `inspection/${id}/${randomUUID()}`,
      taskQueue,
      args: [input],
      staticSummary: `look at ${id}`,
    });
  } catch (error) {
    if (!(error instanceof WorkflowFailedError && error.cause instanceof ApplicationFailure)) throw error;
    throw errorOf(error.cause);
  }
}
