import { createHash, createHmac, pbkdf2 } from 'node:crypto';
import { promisify } from 'node:util';
import type { Context, Secret } from '../../../contract/index.ts';

/** PostgreSQL's own default (`scram_iterations`, https://www.postgresql.org/docs/17/runtime-config-connection.html). */
const iterations = 4096;
const saltBytes = 16;
const hashBytes = 32;

/**
 * What PostgreSQL stores for a password, computed here so that the password itself is never sent:
 * `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>` (RFC 5802 section 3, RFC 7677;
 * https://www.postgresql.org/docs/17/catalog-pg-authid.html).
 */
export async function scramVerifier(ctx: Pick<Context, 'random'>, password: Secret): Promise<string> {
  const salt = Buffer.from(ctx.random(saltBytes));
  const salted = await promisify(pbkdf2)(await prepared(password.reveal()), salt, iterations, hashBytes, 'sha256');
  const clientKey = hmac(salted, 'Client Key');
  const storedKey = createHash('sha256').update(clientKey).digest('base64');
  const serverKey = hmac(salted, 'Server Key').toString('base64');
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${storedKey}:${serverKey}`;
}

/** As the server and libpq do it: a password that SASLprep (RFC 4013) refuses is taken as it is. */
async function prepared(password: string): Promise<string> {
  const { default: saslprep } = await import('@mongodb-js/saslprep');
  try {
    return saslprep(password);
  } catch {
    return password;
  }
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
