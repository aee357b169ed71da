import type { Credential } from '../contract/index.ts';
import type { DeclaredCredential } from './schema.ts';

/** What a rotation is begun with. */
export function declarationOf(declared: DeclaredCredential): Credential {
  const { group: _group, maxAgeMs: _maxAge, schedule: _schedule, tags: _tags, ...credential } = declared;
  return credential;
}
