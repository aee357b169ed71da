import type { Client, ScheduleSummary, WorkflowExecutionInfo } from '@temporalio/client';
import { type CredentialId, workflowIdOf } from '../contract/index.ts';
import { credentialOfSchedule } from './declared-schedule.ts';

// All of these may lag behind a little.

/** As many as a server hands out at a time. */
const pageSize = 1_000;

/** Also of credentials that no catalog at hand declares. */
export async function openRotations(client: Client): Promise<Map<CredentialId, WorkflowExecutionInfo>> {
  const open = new Map<CredentialId, WorkflowExecutionInfo>();
  const prefix = workflowIdOf('');
  for await (const each of listOpen(client, 'rotation')) open.set(each.workflowId.slice(prefix.length), each);
  return open;
}

export function listOpen(
  client: Client,
  workflow: 'rotation' | 'scheduledRotation',
): AsyncIterable<WorkflowExecutionInfo> {
  const query = `WorkflowType = '${workflow}' AND ExecutionStatus = 'Running'`;
  return client.workflow.list({ query, pageSize });
}

/** Those with a name as ours have it. */
export async function* listSchedules(
  client: Client,
): AsyncGenerator<{ credential: CredentialId; found: ScheduleSummary }> {
  for await (const found of client.schedule.list({ pageSize })) {
    const credential = credentialOfSchedule(found.scheduleId);
    if (credential !== undefined) yield { credential, found };
  }
}
