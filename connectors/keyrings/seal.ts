import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { CompactEncrypt, compactDecrypt, decodeProtectedHeader, importJWK } from 'jose';
import type { Credential, KeyRing, KeyValue, Sealed } from '../../contract/index.ts';
import { KeyturnError, Secret } from '../../contract/index.ts';

/** What a sealed value is for. Its fields stand in the protected header as `keyturn_<field>`. */
export type Binding = Readonly<Record<string, string>>;

/** A compact JWE (RFC 7516, `dir` with A256GCM) whose protected header binds it to one use, so that it opens nowhere else. */
export async function sealFor(keys: KeyRing, binding: Binding, value: KeyValue): Promise<Sealed> {
  const { kid, jwk } = await keys.current('seal');
  const plain = Object.fromEntries(Object.entries(value).map(([field, secret]) => [field, secret.reveal()]));
  return new CompactEncrypt(new TextEncoder().encode(JSON.stringify(plain)))
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid, ...headerFor(binding) })
    .encrypt(await importJWK(jwk, 'A256GCM'));
}

/**
 * @throws KeyturnError `invalid` for a value that is bound to anything else, or altered; `transient` for one in a form that only a newer
 *   Keyturn knows, which says so by `keyturn_form`, named in `crit` (RFC 7515
 *   section 4.1.11): a worker of that version can open it.
 */
export async function unsealFor(keys: KeyRing, binding: Binding, sealed: Sealed): Promise<KeyValue> {
  const header = headerOf(sealed);
  if (isNewer(header)) {
    const fix = 'bring every worker of this queue to the newest version that one of them has';
    throw new KeyturnError('transient', 'the sealed value does not open: a newer Keyturn has sealed it', { fix });
  }
  for (const [name, expected] of Object.entries(headerFor(binding))) {
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

/** This form, the first, has none of this. */
function isNewer({ crit, keyturn_form: form }: Record<string, unknown>): boolean {
  return Array.isArray(crit) && crit.includes('keyturn_form') && typeof form === 'number';
}

/** For a value that a person hands in, under this id. */
export function handInBinding(credential: Credential, id: string): Binding {
  const declaration = declarationOf(credential);
  return { purpose: 'hand in', credential: credential.id, declaration, request: id };
}

/** Where an opened value can go: whoever hands it on cannot name another provider or target. */
export function declarationOf({ provider, targets }: Pick<Credential, 'provider' | 'targets'>): string {
  return createHash('sha256')
    .update(String(canonicalize({ provider, targets })))
    .digest('hex');
}

export function unopened(why: string): KeyturnError {
  return new KeyturnError('invalid', `the sealed value does not open: ${why}`);
}

function headerFor(binding: Binding): Record<string, string> {
  return Object.fromEntries(Object.entries(binding).map(([field, value]) => [`keyturn_${field}`, value]));
}

function headerOf(sealed: Sealed): Record<string, unknown> {
  try {
    return decodeProtectedHeader(sealed);
  } catch {
    throw unopened('it is not a sealed value');
  }
}
