import type { ErrorKind } from '../../../contract/index.ts';

/** gRPC status codes (https://grpc.io/docs/guides/status-codes/). UNKNOWN and DATA_LOSS tell nothing. */
const kinds: Readonly<Record<number, ErrorKind>> = {
  1: 'transient', // CANCELLED
  3: 'invalid', // INVALID_ARGUMENT
  4: 'transient', // DEADLINE_EXCEEDED
  5: 'not-found', // NOT_FOUND
  6: 'conflict', // ALREADY_EXISTS
  7: 'unauthorized', // PERMISSION_DENIED
  8: 'rate-limited', // RESOURCE_EXHAUSTED
  9: 'conflict', // FAILED_PRECONDITION
  10: 'conflict', // ABORTED
  11: 'invalid', // OUT_OF_RANGE
  12: 'invalid', // UNIMPLEMENTED
  13: 'transient', // INTERNAL
  14: 'transient', // UNAVAILABLE
  16: 'unauthorized', // UNAUTHENTICATED
};

/** What google-auth-library says when it gets no token; it has no codes for it. */
const noToken = /could not load the default credentials|invalid_grant|invalid_client|unauthorized_client/i;

export function classify(error: unknown): ErrorKind | undefined {
  if (!(error instanceof Error)) return undefined;
  const kind = kinds[codeOf(error) ?? -1];
  return kind ?? (noToken.test(error.message) ? 'unauthorized' : undefined);
}

export const isNotFound = (error: unknown) => codeOf(error) === 5;
export const isDenied = (error: unknown) => codeOf(error) === 7;
/** Google answers an etag mismatch with FAILED_PRECONDITION (https://cloud.google.com/secret-manager/docs/etags). */
export const isFailedPrecondition = (error: unknown) => codeOf(error) === 9 || codeOf(error) === 10;

function codeOf(error: unknown): number | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'number' ? code : undefined;
}
