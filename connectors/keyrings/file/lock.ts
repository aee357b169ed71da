import { accessSync, chmodSync, constants } from 'node:fs';
import { dirname } from 'node:path';
import { KeyturnError } from '../../../contract/index.ts';

const busy = 5;
const waitMsMax = 2_000;

/**
 * Runs `act` while no other process runs one under the same lock file. `act` is synchronous, so that the lock is held for
 * some milliseconds only.
 *
 * The lock is SQLite's on an empty database, which is the operating system's: it ends with its process, so there is nothing
 * stale to break, and a paused process keeps it, so nobody can be overtaken between a look and a write. A lock by
 * a file's age (proper-lockfile) has both problems.
 * @throws KeyturnError `transient` when another process holds it for longer than two seconds; else as `node:fs` throws.
 */
export async function underLock<T>(lockFile: string, act: () => T): Promise<T> {
  const { DatabaseSync } = await import('node:sqlite');
  // SQLite would only say that it cannot open the file.
  accessSync(dirname(lockFile), constants.W_OK);
  const database = new DatabaseSync(lockFile, { timeout: waitMsMax });
  try {
    acquire(() => database.exec('BEGIN IMMEDIATE'), lockFile);
    // By path: to open and close the file here would end the locks of this process's other threads (POSIX).
    chmodSync(lockFile, 0o600);
    return act();
  } finally {
    database.close();
  }
}

function acquire(begin: () => void, lockFile: string): void {
  try {
    begin();
  } catch (error) {
    if ((error as { errcode?: number }).errcode !== busy) throw error;
    throw new KeyturnError('transient', `another process has held the lock ${lockFile} for ${waitMsMax} ms`, {
      fix: 'try again; if it stays, look for a paused Keyturn process (lsof shows who has the file open)',
      cause: error,
    });
  }
}
