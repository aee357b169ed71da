import { setTimeout as sleep } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { isGrpcServiceError, WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { KeyturnError } from '../contract/index.ts';
import { errorOf } from './failures.ts';

/** Answers of the engine in Keyturn's words. @param missing what it means that no such workflow is open. */
export async function inWords<T>(call: () => Promise<T>, missing: () => KeyturnError): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) throw missing();
    if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure) {
      throw errorOf(error.cause);
    }
    throw error;
  }
}

const asLongAs = [20, 100, 500, 1_000, 2_000, 4_000];

/**
 * Sends an update again that the engine dropped: something else arrived while the workflow was about to end, so the engine gave up that task
 * with every update in it, of which nothing was kept (https://github.com/temporalio/temporal/pull/7296).
 * @param pausesMs before it is sent again.
 * @throws KeyturnError `transient` where it is dropped each time, and whatever `update` throws.
 */
export async function delivered<T>(update: () => Promise<T>, pausesMs: readonly number[] = asLongAs): Promise<T> {
  const [pauseMs, ...left] = pausesMs;
  try {
    return await update();
  } catch (error) {
    if (!wasDropped(error)) throw error;
    if (pauseMs === undefined) throw dropped();
  }
  await sleep(pauseMs);
  return delivered(update, left);
}

function wasDropped(error: unknown): boolean {
  const answer = error instanceof Error && isGrpcServiceError(error.cause) ? error.cause : error;
  return isGrpcServiceError(answer) && answer.code === status.FAILED_PRECONDITION;
}

function dropped(): KeyturnError {
  return new KeyturnError('transient', 'the workflow cannot take a message now: its task failed again and again', {
    fix: 'nothing was changed: try again; if it stays so, see what the workers log',
  });
}
