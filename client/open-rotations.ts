import { type Client, type WorkflowExecutionDescription, WorkflowNotFoundError } from '@temporalio/client';
import { type CredentialId, workflowIdOf } from '../contract/index.ts';
import { rotationOf } from './rotations.ts';

/** The credentials that have an open rotation, also those that no catalog at hand declares. The list may lag behind a little. */
export async function openRotations(client: Client): Promise<CredentialId[]> {
  const open: CredentialId[] = [];
  const query = "WorkflowType = 'rotation' AND ExecutionStatus = 'Running'";
  const prefix = workflowIdOf('');
  for await (const { workflowId } of client.workflow.list({ query })) open.push(workflowId.slice(prefix.length));
  return open.sort();
}

/** @returns undefined where none is open. */
export async function openRotationOf(
  client: Client,
  credential: CredentialId,
): Promise<WorkflowExecutionDescription | undefined> {
  try {
    const found = await rotationOf(client, credential).describe();
    return found.status.name === 'RUNNING' ? found : undefined;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}
