import { WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { isErrorKind, KeyturnError } from '../contract/index.ts';

/** Answers of the engine in Keyturn's words. @param missing what it means that no such workflow is open. */
export async function inWords<T>(call: () => Promise<T>, missing: () => KeyturnError): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) throw missing();
    if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure) {
      const { type, message } = error.cause;
      throw new KeyturnError(isErrorKind(type) ? type : 'invalid', message);
    }
    throw error;
  }
}
