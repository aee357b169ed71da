import type { ErrorKind, VaultConnector } from '../../../contract/index.ts';
import { KeyturnError } from '../../../contract/index.ts';
import { type Config, configSchema } from './config.ts';
import { locationOf, source } from './discover.ts';
import { FileVault } from './file-vault.ts';

export { type ReadFileVaultOptions, readFileVault } from './reader.ts';

export const connector: VaultConnector<Config> = {
  kind: 'vault',
  name: 'file',
  schema: configSchema as VaultConnector<Config>['schema'],
  location: locationOf,
  powers: () => ({ staging: true, destroys: true, readsBack: true, propagationMsMax: 0 }),
  source,
  classify,
  open: (config) => new FileVault(config),
};

/** By the system's error code (errno(3)), or SQLite's result code for the lock (sqlite.org/rescode.html). */
function classify(error: unknown): ErrorKind | undefined {
  if (error instanceof KeyturnError) return error.kind;
  const { code, errcode } = error as { code?: string; errcode?: number };
  if (code === 'ERR_SQLITE_ERROR') return errcode === undefined ? undefined : sqliteKinds[errcode & 0xff];
  return code === undefined ? undefined : systemKinds[code];
}

const sqliteKinds: Record<number, ErrorKind> = { 3: 'unauthorized', 8: 'unauthorized', 26: 'invalid' };

const systemKinds: Record<string, ErrorKind> = {
  EACCES: 'unauthorized',
  EPERM: 'unauthorized',
  EROFS: 'unauthorized',
  ENOTDIR: 'invalid',
  EISDIR: 'invalid',
  ENAMETOOLONG: 'invalid',
  ELOOP: 'invalid',
  ENOSPC: 'transient',
  EDQUOT: 'transient',
  EFBIG: 'transient',
  EIO: 'transient',
  EBUSY: 'transient',
  EMFILE: 'transient',
  ENFILE: 'transient',
  ESTALE: 'transient',
};
