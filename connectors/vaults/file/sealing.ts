import { CompactEncrypt, compactDecrypt, type DecryptOptions, errors, type JWK } from 'jose';
import { type KeyRing, KeyturnError } from '../../../contract/index.ts';

const typ = 'keyturn-file-vault';
const enc = 'A256GCM';

/** What a text is encrypted for: it opens there and nowhere else. `part` is a version's id, or `document`. */
export interface Binding {
  secret: string;
  part: string;
}

/** A compact JWE (RFC 7516), `dir` and A256GCM, under the ring's current key; its protected header holds the binding. */
export async function seal(keys: KeyRing, text: string, binding: Binding): Promise<string> {
  const key = await keys.current('file-vault');
  return new CompactEncrypt(new TextEncoder().encode(text))
    .setProtectedHeader({ alg: 'dir', enc, kid: key.kid, typ, secret: binding.secret, part: binding.part })
    .encrypt(key.jwk as JWK);
}

/**
 * @param file named in errors.
 * @throws KeyturnError `invalid` for a text that is damaged, bound to another place, or of a key that the ring lacks.
 */
export async function unseal(keys: KeyRing, jwe: string, binding: Binding, file: string): Promise<string> {
  const { plaintext, protectedHeader } = await decrypt(keys, jwe, file);
  const bound = protectedHeader as { typ?: string; secret?: string; part?: string };
  if (bound.typ !== typ || bound.secret !== binding.secret || bound.part !== binding.part) {
    throw new KeyturnError(
      'invalid',
      `${file} holds a value that was stored for ${bound.secret} (${bound.part}), not for ${binding.secret} (${binding.part})`,
      { fix: 'somebody moved values between files: restore the file from its backup' },
    );
  }
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(plaintext);
}

async function decrypt(keys: KeyRing, jwe: string, file: string) {
  const options: DecryptOptions = { keyManagementAlgorithms: ['dir'], contentEncryptionAlgorithms: [enc] };
  try {
    return await compactDecrypt(jwe, async ({ kid }) => ringKey(keys, kid, file), options);
  } catch (error) {
    if (!(error instanceof errors.JOSEError)) throw error;
    throw new KeyturnError('invalid', `${file} is damaged: a value in it cannot be decrypted (${error.code})`, {
      fix: 'restore the file from its backup',
      cause: error,
    });
  }
}

/** A missing key is not a missing version: it must not look like `not-found`. */
async function ringKey(keys: KeyRing, kid: string | undefined, file: string): Promise<JWK> {
  try {
    return (await keys.byId('file-vault', String(kid))).jwk as JWK;
  } catch (error) {
    if (!(error instanceof KeyturnError && error.kind === 'not-found')) throw error;
    throw new KeyturnError('invalid', `${file} is encrypted with the key ${kid}, which the key ring lacks`, {
      fix: 'restore the key ring that goes with this vault',
      cause: error,
    });
  }
}
