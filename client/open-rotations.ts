import type { Client } from '@temporalio/client';
import { type CredentialId, workflowIdOf } from '../contract/index.ts';

/** The credentials that have an open rotation, also those that no catalog at hand declares. The list may lag behind a little. */
export async function openRotations(client: Client): Promise<CredentialId[]> {
  const open: CredentialId[] = [];
  const query = "WorkflowType = 'rotation' AND ExecutionStatus = 'Running'";
  const prefix = workflowIdOf('');
  for await (const { workflowId } of client.workflow.list({ query })) open.push(workflowId.slice(prefix.length));
  return open.sort();
}
