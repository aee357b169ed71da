import type { ErrorKind } from '../../contract/index.ts';

/** What the SDK puts on its errors, as far as it is used here. */
interface SdkError {
  name?: string;
  message?: string;
  code?: string;
  $metadata?: { httpStatusCode?: number; clockSkewCorrected?: boolean };
}

/** Common to all services: https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html */
const commonKinds: Readonly<Record<string, ErrorKind>> = {
  AccessDenied: 'unauthorized',
  AccessDeniedException: 'unauthorized',
  CredentialsProviderError: 'unauthorized',
  ExpiredToken: 'unauthorized',
  ExpiredTokenException: 'unauthorized',
  IncompleteSignature: 'unauthorized',
  IncompleteSignatureException: 'unauthorized',
  InvalidClientTokenId: 'unauthorized',
  InvalidSignatureException: 'unauthorized',
  MissingAuthenticationToken: 'unauthorized',
  MissingAuthenticationTokenException: 'unauthorized',
  NotAuthorized: 'unauthorized',
  OptInRequired: 'unauthorized',
  SignatureDoesNotMatch: 'unauthorized',
  UnrecognizedClientException: 'unauthorized',
  LimitExceededException: 'limit',
  RequestThrottled: 'rate-limited',
  Throttling: 'rate-limited',
  ThrottlingException: 'rate-limited',
  TooManyRequestsException: 'rate-limited',
};

const networkCodes = /^(E(CONN|HOST|NET|PIPE|AI_AGAIN|TIMEDOUT|NOTFOUND)|UND_ERR)/;
const certificateCodes = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ALTNAME/;

/**
 * @param own the errors of the operations that a connector uses.
 * @returns undefined for what did not come from AWS, the SDK or the network.
 */
export function classifyAws(error: unknown, own: Readonly<Record<string, ErrorKind>>): ErrorKind | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { name = '', code = '', $metadata } = error as SdkError;
  if (isClockSkew(error)) return 'invalid';
  return (
    named(own, name) ?? named(commonKinds, name) ?? kindOfFailure(name, code) ?? kindOfStatus($metadata?.httpStatusCode)
  );
}

/** Names come from a server: `constructor` is none of ours. */
function named(kinds: Readonly<Record<string, ErrorKind>>, name: string): ErrorKind | undefined {
  return Object.hasOwn(kinds, name) ? kinds[name] : undefined;
}

function kindOfFailure(name: string, code: string): ErrorKind | undefined {
  if (name === 'TimeoutError' || networkCodes.test(code)) return 'transient';
  return certificateCodes.test(code) ? 'invalid' : undefined;
}

/** For answers whose body is not what the SDK expects, from a proxy for example. */
function kindOfStatus(status: number | undefined): ErrorKind | undefined {
  if (status === undefined) return undefined;
  if (status === 401 || status === 403) return 'unauthorized';
  if (status === 429) return 'rate-limited';
  return status >= 500 ? 'transient' : undefined;
}

/**
 * AWS answers a wrong clock at the caller with the code of a wrong secret: SignatureDoesNotMatch, and `Signature expired: ... is
 * now earlier than ...` as the message (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html).
 */
export function isClockSkew(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { name = '', message = '', $metadata } = error as SdkError;
  if (['RequestExpired', 'RequestInTheFuture', 'RequestTimeTooSkewed'].includes(name)) return true;
  if (named(commonKinds, name) !== 'unauthorized') return false;
  return /signature (expired|not yet current)/i.test(message) || $metadata?.clockSkewCorrected === true;
}
