import { status } from '@grpc/grpc-js';

/** An error as a Google API answers it: a gRPC status and words. */
export class GoogleStatus extends Error {
  readonly code: status;
  readonly details: string;

  constructor(code: status, details: string) {
    super(details);
    this.code = code;
    this.details = details;
  }
}

export const invalidArgument = (details: string) => new GoogleStatus(status.INVALID_ARGUMENT, details);
export const notFound = (name: string) => new GoogleStatus(status.NOT_FOUND, `${name} not found.`);
export const failedPrecondition = (details: string) => new GoogleStatus(status.FAILED_PRECONDITION, details);
export const alreadyExists = (name: string) => new GoogleStatus(status.ALREADY_EXISTS, `${name} already exists.`);
export const unavailable = () => new GoogleStatus(status.UNAVAILABLE, 'The service is currently unavailable.');
export const exhausted = () => new GoogleStatus(status.RESOURCE_EXHAUSTED, 'Quota exceeded for quota metric.');
export const unauthenticated = () =>
  new GoogleStatus(status.UNAUTHENTICATED, 'Request had invalid authentication credentials.');
export const permissionDenied = (permission: string, resource: string) =>
  new GoogleStatus(
    status.PERMISSION_DENIED,
    `Permission '${permission}' denied for resource '${resource}' (or it may not exist).`,
  );
