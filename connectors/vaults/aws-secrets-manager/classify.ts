import type { ErrorKind } from '../../../contract/index.ts';
import { classifyAws } from '../../aws/errors.ts';

/** The errors of each operation used, beside those common to all of AWS. */
const kinds: Readonly<Record<string, ErrorKind>> = {
  // AWS KMS refuses the key of the secret, or its key is disabled.
  DecryptionFailure: 'unauthorized',
  EncryptionFailure: 'unauthorized',
  ResourceNotFoundException: 'not-found',
  ResourceExistsException: 'conflict',
  InternalServiceError: 'transient',
  InvalidParameterException: 'invalid',
  InvalidRequestException: 'invalid',
  PreconditionNotMetException: 'invalid',
  ValidationException: 'invalid',
};

/** @returns undefined for what did not come from AWS, the SDK or the network. */
export function classify(error: unknown): ErrorKind | undefined {
  return classifyAws(error, kinds);
}
