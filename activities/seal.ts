import canonicalize from 'canonicalize';
import { type Binding, declarationOf, sealFor, unopened, unsealFor } from '../connectors/keyrings/seal.ts';
import type { Bench } from '../connectors/open.ts';
import type { Job, KeyFields, KeyId, KeyRing, KeyValue, Sealed, SealedKey, Target } from '../contract/index.ts';

/** A value on its way between activities: bound to credential, declaration, rotation and key. */
export function seal(keys: KeyRing, job: Job, keyId: KeyId, value: KeyValue): Promise<Sealed> {
  return sealFor(keys, binding(job, keyId), value);
}

/** @throws KeyturnError `invalid` for a value sealed for another rotation, credential, declaration or key, or altered. */
export function unseal(keys: KeyRing, job: Job, keyId: KeyId, sealed: Sealed): Promise<KeyValue> {
  return unsealFor(keys, binding(job, keyId), sealed);
}

/**
 * Opens a sealed key for use: from then on the guard keeps its value out of every error.
 * @param into where it is to be written: one of the credential's own targets.
 */
export async function openKey(
  on: Bench,
  fields: KeyFields,
  { key, sealed }: SealedKey,
  into?: Target,
): Promise<KeyValue> {
  if (into && !declares(on.job, into)) throw unopened(`the credential declares no such target ${into.name}`);
  const value = await unseal(on.deps.keys, on.job, key.id, sealed);
  keepOut(on, fields, value);
  return value;
}

/** From now on the guard keeps it out of every error. */
export function keepOut(on: Bench, fields: KeyFields, value: KeyValue): void {
  for (const [field, secret] of Object.entries(value)) if (field !== fields.user) on.guard.redactor.add(secret);
}

function binding({ credential, rotation }: Job, keyId: KeyId): Binding {
  const declaration = declarationOf(credential);
  return { purpose: 'seal', credential: credential.id, declaration, rotation, key: keyId };
}

function declares({ credential: { targets } }: Job, target: Target): boolean {
  return targets.some((each) => canonicalize(each) === canonicalize(target));
}
