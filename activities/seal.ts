import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { CompactEncrypt, compactDecrypt, decodeProtectedHeader, importJWK } from 'jose';
import type { Bench } from '../connectors/open.ts';
import type { Job, KeyFields, KeyId, KeyRing, KeyValue, Sealed, SealedKey, Target } from '../contract/index.ts';
import { KeyturnError, Secret } from '../contract/index.ts';

/**
 * A value on its way between activities: a compact JWE (RFC 7516, `dir` with A256GCM) whose protected header binds
 * credential, declaration, rotation and key, so that it opens nowhere else.
 */
export async function seal(keys: KeyRing, job: Job, keyId: KeyId, value: KeyValue): Promise<Sealed> {
  const { kid, jwk } = await keys.current('seal');
  const plain = Object.fromEntries(Object.entries(value).map(([field, secret]) => [field, secret.reveal()]));
  return new CompactEncrypt(new TextEncoder().encode(JSON.stringify(plain)))
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid, ...binding(job, keyId) })
    .encrypt(await importJWK(jwk, 'A256GCM'));
}

/** @throws KeyturnError `invalid` for a value sealed for another rotation, credential, declaration or key, or altered. */
export async function unseal(keys: KeyRing, job: Job, keyId: KeyId, sealed: Sealed): Promise<KeyValue> {
  const header = headerOf(sealed);
  for (const [name, expected] of Object.entries(binding(job, keyId))) {
    if (header[name] !== expected) throw unopened(`it is bound to another ${name.replace('keyturn_', '')}`);
  }
  const { jwk } = await keys.byId('seal', String(header.kid));
  const key = await importJWK(jwk, 'A256GCM');
  const opened = await compactDecrypt(sealed, key, {
    keyManagementAlgorithms: ['dir'],
    contentEncryptionAlgorithms: ['A256GCM'],
  }).catch(() => {
    throw unopened('it has been altered, or the key ring is another');
  });
  const plain: Record<string, string> = JSON.parse(new TextDecoder().decode(opened.plaintext));
  return Object.fromEntries(Object.entries(plain).map(([field, text]) => [field, new Secret(text)]));
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
  for (const [field, secret] of Object.entries(value)) if (field !== fields.user) on.guard.redactor.add(secret);
  return value;
}

function binding(job: Job, keyId: KeyId): Record<string, string> {
  return {
    keyturn_purpose: 'seal',
    keyturn_credential: job.credential.id,
    keyturn_declaration: declarationOf(job),
    keyturn_rotation: job.rotation,
    keyturn_key: keyId,
  };
}

/** Where an opened value can go: whoever hands it on cannot name another provider or target. */
function declarationOf({ credential: { provider, targets } }: Job): string {
  return createHash('sha256')
    .update(String(canonicalize({ provider, targets })))
    .digest('hex');
}

function declares({ credential: { targets } }: Job, target: Target): boolean {
  return targets.some((each) => canonicalize(each) === canonicalize(target));
}

function headerOf(sealed: Sealed): Record<string, unknown> {
  try {
    return decodeProtectedHeader(sealed);
  } catch {
    throw unopened('it is not a sealed value');
  }
}

function unopened(why: string): KeyturnError {
  return new KeyturnError('invalid', `the sealed value does not open: ${why}`);
}
