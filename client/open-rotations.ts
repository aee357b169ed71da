import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { type CredentialId, workflowIdOf } from '../contract/index.ts';

/** Those that are open, also of credentials that no catalog at hand declares. The list may lag behind a little. */
export async function openRotations(client: Client): Promise<Map<CredentialId, WorkflowExecutionInfo>> {
  const open = new Map<CredentialId, WorkflowExecutionInfo>();
  const prefix = workflowIdOf('');
  for await (const each of listOpen(client, 'rotation')) open.set(each.workflowId.slice(prefix.length), each);
  return open;
}

/** As many as a server hands out at a time. */
const pageSize = 1_000;

export function listOpen(
  client: Client,
  workflow: 'rotation' | 'scheduledRotation',
): AsyncIterable<WorkflowExecutionInfo> {
  const query = `WorkflowType = '${workflow}' AND ExecutionStatus = 'Running'`;
  return client.workflow.list({ query, pageSize });
}
