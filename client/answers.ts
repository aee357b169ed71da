import { setTimeout as sleep } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { isGrpcServiceError, WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { KeyturnError } from '../contract/index.ts';
import { errorOf } from './failures.ts';

const asLongAs = [20, 100, 500, 1_000, 2_000, 4_000];

/**
 * Answers of the engine in Keyturn's words.
 * @param missing what it means that no such workflow is open.
 * @param pausesMs before a message that the engine dropped is sent again.
 * @throws KeyturnError what the workflow said; `transient` where the engine keeps dropping the message.
 */
export async function inWords<T>(
  call: () => Promise<T>,
  missing: () => KeyturnError,
  pausesMs: readonly number[] = asLongAs,
): Promise<T> {
  for (const pauseMs of pausesMs) {
    try {
      return await call();
    } catch (error) {
      if (!wasDropped(error)) throw said(error, missing);
    }
    await sleep(pauseMs);
  }
  return call().catch((error: unknown) => {
    throw said(error, missing);
  });
}

/**
 * Something else arrived while the workflow was about to end: the engine gives up that task, with every update in it, and has the workflow
 * look again. Nothing of such an update was kept (https://github.com/temporalio/temporal/pull/7296).
 */
function wasDropped(error: unknown): error is Error {
  const answer = error instanceof Error && isGrpcServiceError(error.cause) ? error.cause : error;
  return isGrpcServiceError(answer) && answer.code === status.FAILED_PRECONDITION;
}

function said(error: unknown, missing: () => KeyturnError): unknown {
  if (error instanceof WorkflowNotFoundError) return missing();
  if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure) {
    return errorOf(error.cause);
  }
  if (!wasDropped(error)) return error;
  return new KeyturnError('transient', 'the workflow cannot take a message now: its task failed again and again', {
    fix: 'nothing was changed: try again; if it stays so, see what the workers log',
  });
}
