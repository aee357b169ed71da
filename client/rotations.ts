import type {
  Client,
  WorkflowExecutionDescription,
  WorkflowHandle,
  WorkflowHandleWithSignaledRunId,
} from '@temporalio/client';
import { WorkflowFailedError, WorkflowNotFoundError } from '@temporalio/client';
import type { UpdateDefinition } from '@temporalio/common';
import type {
  Approve,
  AttestMessage,
  Credential,
  CredentialId,
  Decision,
  HandIn,
  Outcome,
  Proceed,
  Progress,
  Request,
  RotationEnd,
  RotationInput,
} from '../contract/index.ts';
import { KeyturnError, mainQueue, workflowIdOf } from '../contract/index.ts';
import * as messages from '../workflows/messages.ts';
import type { rotation } from '../workflows/rotation.workflow.ts';
import { delivered, inWords } from './answers.ts';
import { sayingWhatItLacks } from './cluster.ts';

export interface Started {
  handle: WorkflowHandleWithSignaledRunId<typeof rotation>;
  /** A rotation was open already, and has taken the request on. */
  joined: boolean;
}

/** Starts a rotation, or hands the request to the one that is open. */
export async function startOrJoin(
  client: Client,
  credential: Credential,
  request: Request,
  taskQueue: string = mainQueue,
): Promise<Started> {
  const joined = (await openRotationOf(client, credential.id)) !== undefined;
  const options = {
    ...messages.startOf(credential, request),
    taskQueue,
    args: [{ credential, requests: [] }] as [RotationInput],
  };
  const told = { signal: messages.requestSignal, signalArgs: [request] as [Request] };
  const handle = await sayingWhatItLacks(() =>
    client.workflow.signalWithStart<typeof rotation, [Request]>('rotation', { ...options, ...told }),
  );
  return { handle, joined };
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

/** The present or the last rotation of a credential. */
export function rotationOf(client: Client, credential: CredentialId): WorkflowHandle<typeof rotation> {
  return client.workflow.getHandle<typeof rotation>(workflowIdOf(credential));
}

/** @throws KeyturnError `not-found` when the credential has no rotation that the server remembers. */
export async function progress(handle: WorkflowHandle<typeof rotation>): Promise<Progress> {
  return known(handle, () => handle.query(messages.progressQuery));
}

export async function attest(handle: WorkflowHandle<typeof rotation>, message: AttestMessage): Promise<void> {
  await known(handle, () => handle.signal(messages.attestSignal, message));
}

export async function approve(handle: WorkflowHandle<typeof rotation>, message: Approve): Promise<void> {
  await send(handle, messages.approveUpdate, message);
}

export async function reject(handle: WorkflowHandle<typeof rotation>, message: Decision): Promise<void> {
  await send(handle, messages.rejectUpdate, message);
}

/** @returns the wait that was skipped or waived. */
export async function proceed(handle: WorkflowHandle<typeof rotation>, message: Proceed): Promise<string> {
  return send(handle, messages.proceedUpdate, message);
}

export async function rollBack(handle: WorkflowHandle<typeof rotation>, message: Decision): Promise<void> {
  await send(handle, messages.rollBackUpdate, message);
}

export async function retry(handle: WorkflowHandle<typeof rotation>, message: Decision): Promise<void> {
  await send(handle, messages.retryUpdate, message);
}

/** @returns as what the rotation ends. */
export async function resolve(handle: WorkflowHandle<typeof rotation>, message: Decision): Promise<Outcome> {
  return send(handle, messages.resolveUpdate, message);
}

/** Resolves when the value has been tried and taken. */
export async function handIn(handle: WorkflowHandle<typeof rotation>, message: HandIn): Promise<void> {
  await send(handle, messages.handInUpdate, message);
}

/** Waits for the end, following into the next rotation where a request was carried on. */
export async function ended(handle: WorkflowHandle<typeof rotation>): Promise<RotationEnd> {
  try {
    return await handle.result();
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    throw new KeyturnError('conflict', `the rotation was ended by force: ${error.cause?.message ?? error.message}`, {
      fix: 'rotate again: the next rotation looks at what this one left, and says what it found',
    });
  }
}

function send<Answer, Message>(
  handle: WorkflowHandle<typeof rotation>,
  update: UpdateDefinition<Answer, [Message]>,
  message: Message,
): Promise<Answer> {
  return known(handle, () => delivered(() => handle.executeUpdate(update, { args: [message] })));
}

async function known<T>(handle: { workflowId: string }, call: () => Promise<T>): Promise<T> {
  return inWords(call, () => {
    const id = handle.workflowId.slice(workflowIdOf('').length);
    return new KeyturnError('not-found', `no open rotation of ${id}`, {
      fix: `possible now: keyturn rotate ${id}; how the last one ended: keyturn status ${id}`,
    });
  });
}
