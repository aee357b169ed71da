import type { Stored, VersionId } from '../../../contract/index.ts';
import { KeyturnError } from '../../../contract/index.ts';
import { type GoogleSecret, type Held, isGone, numberOf, versionOf } from './secret.ts';

/** What readers get now. @throws `conflict` when they get an error because the version is disabled or destroyed. */
export function readCurrent(secret: GoogleSecret, held: Held | 'absent'): Stored | 'absent' {
  if (held === 'absent') return 'absent';
  if (held.value === undefined) throw closed(secret, held.number, 'which its readers read, is disabled or destroyed');
  return { value: held.value, version: versionOf(held.number) };
}

/** A version that is not current. What is destroyed is absent. @throws `conflict` when it is disabled. */
export async function readOther(secret: GoogleSecret, held: Held | 'absent'): Promise<Stored | 'absent'> {
  if (held === 'absent') return 'absent';
  if (held.value !== undefined) return { value: held.value, version: versionOf(held.number) };
  if (isGone(await secret.version(held.number))) return 'absent';
  throw closed(secret, held.number, 'is disabled');
}

export async function readById(secret: GoogleSecret, id: VersionId): Promise<Stored | 'absent'> {
  const number = numberOf(id);
  return Number.isNaN(number) ? 'absent' : readOther(secret, await secret.access(number));
}

/** A version with its value, to be made current. @throws `not-found`, `conflict` */
export async function readForMove(secret: GoogleSecret, id: VersionId): Promise<Stored> {
  const stored = await readById(secret, id);
  if (stored !== 'absent') return stored;
  throw new KeyturnError('not-found', `${secret.name}: version ${id} does not exist or is destroyed`);
}

function closed(secret: GoogleSecret, number: number, what: string): KeyturnError {
  return new KeyturnError('conflict', `${secret.name}: version ${number} ${what}`, {
    fix: `If it is disabled: gcloud secrets versions enable ${secret.name}/versions/${number}. If it is destroyed: add a version.`,
  });
}
