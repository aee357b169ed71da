import type { ErrorKind } from '../contract/index.ts';

/** Temporal's answers, by gRPC status code (https://grpc.io/docs/guides/status-codes/). */
const kinds: Readonly<Record<number, ErrorKind>> = {
  1: 'transient', // CANCELLED
  3: 'invalid', // INVALID_ARGUMENT
  4: 'transient', // DEADLINE_EXCEEDED
  5: 'not-found', // NOT_FOUND: the namespace, for example
  7: 'unauthorized', // PERMISSION_DENIED
  8: 'rate-limited', // RESOURCE_EXHAUSTED
  9: 'transient', // FAILED_PRECONDITION: no worker has asked for work lately
  14: 'transient', // UNAVAILABLE
  16: 'unauthorized', // UNAUTHENTICATED
};

const causesMax = 5;

/** @returns undefined for what is no answer of Temporal's. */
export function grpcKind(error: unknown): ErrorKind | undefined {
  const found = grpcError(error);
  return found && kinds[found.code];
}

/** What the server said: the client's own message in front of it says only which call it was. */
export function grpcDetails(error: unknown): string | undefined {
  return grpcError(error)?.details;
}

function grpcError(error: unknown): { code: number; details: string } | undefined {
  let each: unknown = error;
  for (let depth = 0; depth < causesMax && each instanceof Error; depth += 1) {
    const { code, details } = each as { code?: unknown; details?: unknown };
    if (typeof code === 'number' && typeof details === 'string') return { code, details };
    each = each.cause;
  }
  return undefined;
}
