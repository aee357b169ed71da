import type { ErrorKind } from '../../../contract/index.ts';
import { classifyAws } from '../../aws/errors.ts';

/** The errors of each operation used, beside those common to all of AWS. */
const kinds: Readonly<Record<string, ErrorKind>> = {
  NoSuchEntityException: 'not-found',
  ConcurrentModificationException: 'transient',
  EntityTemporarilyUnmodifiableException: 'transient',
  InvalidInputException: 'invalid',
  RegionDisabledException: 'invalid',
  ValidationError: 'invalid',
};

/** @returns undefined for what did not come from AWS, the SDK or the network. */
export function classify(error: unknown): ErrorKind | undefined {
  return classifyAws(error, kinds);
}
