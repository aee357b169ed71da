import type { ErrorKind } from '../../../contract/index.ts';

/** What the SDK puts on its errors, as far as it is used here. */
interface SdkError {
  name?: string;
  message?: string;
  code?: string;
  $metadata?: { httpStatusCode?: number; clockSkewCorrected?: boolean };
}

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html, and the errors of each operation used. */
const kinds: Readonly<Record<string, ErrorKind>> = {
  AccessDenied: 'unauthorized',
  AccessDeniedException: 'unauthorized',
  CredentialsProviderError: 'unauthorized',
  // AWS KMS refuses the key of the secret, or its key is disabled.
  DecryptionFailure: 'unauthorized',
  EncryptionFailure: 'unauthorized',
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
  ResourceNotFoundException: 'not-found',
  ResourceExistsException: 'conflict',
  LimitExceededException: 'limit',
  InternalServiceError: 'transient',
  RequestThrottled: 'rate-limited',
  Throttling: 'rate-limited',
  ThrottlingException: 'rate-limited',
  TooManyRequestsException: 'rate-limited',
  InvalidParameterException: 'invalid',
  InvalidRequestException: 'invalid',
  PreconditionNotMetException: 'invalid',
  ValidationException: 'invalid',
};

const networkCodes = /^E(CONN|HOST|NET|PIPE|AI_AGAIN|TIMEDOUT|NOTFOUND)/;
const certificateCodes = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ALTNAME/;

/** @returns undefined for what did not come from AWS, the SDK or the network. */
export function classify(error: unknown): ErrorKind | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { name = '', message = '', code = '', $metadata } = error as SdkError;
  // A wrong clock at the caller has the code of a wrong secret.
  const skewed = /signature (expired|not yet current)/i.test(message) || $metadata?.clockSkewCorrected === true;
  if (skewed && kinds[name] === 'unauthorized') return 'invalid';
  return kinds[name] ?? kindOfFailure(name, code) ?? kindOfStatus($metadata?.httpStatusCode);
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
