import { chmodSync, existsSync, rmSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { AuditConnector } from '../../../contract/connector.ts';
import { linkNew, makeFolder, syncFolder, temporaryName } from '../../keyrings/file/durable.ts';
import { asKeyturnError } from './errors.ts';
import { checkSchema, makeSchema } from './schema.ts';
import { SqliteSink } from './sink.ts';

/** Waiting for a lock stops this process: the engine's retries wait better. */
const busyMsMax = 500;

export const connector: AuditConnector = {
  kind: 'audit',
  name: 'sqlite',
  /**
   * @param location the database's file, made (mode 0600) where there is none.
   * @throws KeyturnError `unauthorized`; `invalid` for a file that is no audit or has a newer schema.
   */
  async open(location) {
    const file = resolve(location);
    const { DatabaseSync } = await import('node:sqlite');
    const connect = (path: string) => new DatabaseSync(path, { timeout: busyMsMax });
    try {
      if (!existsSync(file)) create(file, connect);
      return openExisting(file, connect);
    } catch (error) {
      throw asKeyturnError(error, file);
    }
  },
};

type Connect = (path: string) => InstanceType<typeof import('node:sqlite').DatabaseSync>;

/** Made aside and linked into its place whole, so that processes which start together need not agree on who makes it. */
function create(file: string, connect: Connect): void {
  makeFolder(dirname(file));
  const temporary = temporaryName(file);
  const database = connect(temporary);
  try {
    chmodSync(temporary, 0o600);
    makeSchema(database);
  } finally {
    database.close();
  }
  linkNew(temporary, file);
  rmSync(temporary, { force: true });
  syncFolder(dirname(file));
}

function openExisting(file: string, connect: Connect): SqliteSink {
  const database = connect(file);
  try {
    checkSchema(database, file);
    // With FULL a record that was appended survives a loss of power, in WAL mode too.
    database.exec('PRAGMA synchronous = FULL');
    return new SqliteSink(database, file);
  } catch (error) {
    database.close();
    throw error;
  }
}
