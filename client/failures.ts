import type { ApplicationFailure } from '@temporalio/common';
import { isErrorKind, KeyturnError } from '../contract/index.ts';

/** What a workflow has said went wrong, with what mends it. */
export function errorOf({ details, message, type }: ApplicationFailure): KeyturnError {
  const [{ fix } = {}] = (details ?? []) as [{ fix?: string }?];
  return new KeyturnError(isErrorKind(type) ? type : 'invalid', message, fix === undefined ? {} : { fix });
}
