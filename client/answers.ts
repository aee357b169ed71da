import { WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { KeyturnError } from '../contract/index.ts';
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
