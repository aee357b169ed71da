import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type AuditSink, type KeyRing, KeyturnError, type Log } from '../../../contract/index.ts';
import { keyRingFile, openKeyRing } from './index.ts';

/**
 * Keyturn's own key ring, made at the very first start only. A ring that is missing beside an audit or a file vault has been lost: a new
 * one in its place could read neither, and would name known keys anew.
 * @throws KeyturnError `not-found` then.
 */
export async function openOwnKeyRing({
  home,
  log,
  sink,
}: {
  home: string;
  log: Log;
  sink: AuditSink;
}): Promise<KeyRing> {
  const file = keyRingFile(home);
  if (existsSync(file)) return openKeyRing(file, { create: false });
  if (existsSync(join(home, 'vault')) || (await sink.credentials()).length > 0) {
    throw new KeyturnError('not-found', `the key ring ${file} is missing, but it has been in use`, {
      fix: 'put it back from its backup, with mode 0600; without it the file vault cannot be read',
    });
  }
  log.info('making a new key ring', { file });
  return openKeyRing(file, { create: true });
}
