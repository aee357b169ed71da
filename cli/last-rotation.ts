import type { AuditRecord, RotationId } from '../contract/index.ts';
import { KeyturnError } from '../contract/index.ts';

/** What `store` and `adopt` did is no rotation: of one the request or the end is written down, unless it was cut off early. */
export function lastIn(chain: readonly AuditRecord[]): RotationId | undefined {
  const told = chain.filter(({ entry }) => entry.kind === 'request' || entry.kind === 'close');
  return (told.at(-1) ?? chain.at(-1))?.entry.rotation;
}

/** @param nobody who was asked, and does not know it. */
export function unknownRotation(
  nobody: string,
  credential: string,
  rotation: RotationId | undefined,
  chain: readonly AuditRecord[],
): KeyturnError {
  const last = [...new Set(chain.map(({ entry }) => entry.rotation))].slice(-3);
  const what = rotation === undefined ? 'a rotation' : `the rotation ${rotation}`;
  return new KeyturnError('not-found', `${nobody} ${what} of ${credential}`, {
    fix: last.length > 0 ? `the last that the audit knows: ${last.join(', ')}` : '`keyturn list` shows all credentials',
  });
}
