import { resolve } from 'node:path';
import { KeyturnError, type VersionId } from '../../../contract/index.ts';
import type { Which } from '../../../contract/vault.ts';
import { keyRingFile, openKeyRing } from '../../keyrings/file/index.ts';
import { configSchema } from './config.ts';
import { FileVault } from './file-vault.ts';

/** For applications: what the file vault serves, as a consumer reads it. */
export interface ReadFileVaultOptions {
  /** Keyturn's folder. */
  home: string;
  secret: string;
  /** Default `current`. */
  which?: Which;
  /** The vault's folder, where it is not the default. */
  path?: string;
  /** The key ring's file, where it is not Keyturn's own: an application needs the purpose `file-vault` only. */
  keyRing?: string;
}

/**
 * Takes no lock and writes nothing.
 * @throws KeyturnError `not-found` when there is no such value or no key ring; `invalid` when either is damaged.
 */
export async function readFileVault(options: ReadFileVaultOptions): Promise<{ value: string; version: VersionId }> {
  const { secret, which = 'current', path } = options;
  const home = resolve(options.home);
  const keys = await openKeyRing(options.keyRing ?? keyRingFile(home), { create: false });
  const config = configSchema.parse({ vault: 'file', secret, ...(path === undefined ? {} : { path }) });
  const stored = await new FileVault(config).read({ home, keys }, which);
  if (stored !== 'absent') return { value: stored.value.reveal(), version: stored.version.id };
  const asked = typeof which === 'string' ? `${which} value` : `version ${which.id}`;
  throw new KeyturnError('not-found', `the file vault in ${home} holds no ${asked} of ${secret}`);
}
