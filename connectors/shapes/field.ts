import type { KeyValue } from '../../contract/index.ts';
import { KeyturnError } from '../../contract/index.ts';

/** @throws KeyturnError `invalid` when the key has no such field. */
export function fieldOf(value: KeyValue, field: string): string {
  const secret = Object.hasOwn(value, field) ? value[field] : undefined;
  if (secret === undefined)
    throw new KeyturnError('invalid', `the key has no field '${field}', which its target holds`);
  return secret.reveal();
}
