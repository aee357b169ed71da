import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { type Credential, type HandIn, mainQueue, type Request } from '../contract/index.ts';
import { startOf } from '../workflows/messages.ts';
import type { rotation } from '../workflows/rotation.workflow.ts';
import { handIn, progress, rotationOf } from './rotations.ts';

export interface HandedIn {
  runId: string;
  /** Of the rotation that took the value. */
  requestId: string;
  /** A rotation was open, and waited for it. */
  joined: boolean;
}

/**
 * Starts a rotation to a value, or gives it to the one that waits for a value.
 * @param request has the id of what is handed in.
 * @throws KeyturnError `conflict` where the open one takes none: it is busy; `invalid` for a value that it cannot use.
 */
export async function startOrHandIn(
  client: Client,
  credential: Credential,
  given: { request: Request; handedIn: HandIn },
  taskQueue: string = mainQueue,
): Promise<HandedIn> {
  const { handedIn, request } = given;
  try {
    const { firstExecutionRunId } = await client.workflow.start<typeof rotation>('rotation', {
      ...startOf(credential, request),
      taskQueue,
      args: [{ credential, requests: [request], handedIn }],
    });
    return { runId: firstExecutionRunId, requestId: request.id, joined: false };
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    return giveTo(client, credential, handedIn);
  }
}

async function giveTo(client: Client, credential: Credential, handedIn: HandIn): Promise<HandedIn> {
  const handle = rotationOf(client, credential.id);
  await handIn(handle, handedIn);
  const { requests } = await progress(handle);
  const { runId } = await handle.describe();
  return { runId, requestId: requests.at(-1)?.id ?? handedIn.id, joined: true };
}
