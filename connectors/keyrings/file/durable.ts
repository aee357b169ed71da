import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';

// Node's own calls and not a library: write-file-atomic 8 neither syncs the folder nor notices a short write, so that
// on a full disk it would replace a good file by a truncated one. `writeFileSync` writes on until all is written or fails.
// They are synchronous because they run under a lock (lock.ts), which nobody may leave half-way.

/** Makes a folder that only its owner can enter, and all that is missing above it, durably. */
export function makeFolder(path: string): void {
  const first = mkdirSync(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = path; ; made = dirname(made)) {
    syncFolder(dirname(made));
    if (made === first) return;
  }
}

/** Replaces the file (mode 0600): whoever reads it, whenever, sees the old or the new text. An error leaves the old. */
export function replaceFile(path: string, text: string): void {
  const temporary = writeTemporary(path, text);
  try {
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncFolder(dirname(path));
}

/** Makes the file (mode 0600), whole. @returns false when there is one already, which is left as it is. */
export function createFile(path: string, text: string): boolean {
  const temporary = writeTemporary(path, text);
  const created = linkNew(temporary, path);
  rmSync(temporary, { force: true });
  syncFolder(dirname(path));
  return created;
}

/** Gives the file a second name, unless that name is taken. @returns whether it now has it. */
export function linkNew(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  }
}

/** Removes what a killed process left. Only for the holder of the lock: nobody else may be writing this file. */
export function removeLeftovers(path: string): void {
  const folder = dirname(path);
  for (const name of readdirSync(folder)) {
    if (isTemporaryOf(path, name)) rmSync(join(folder, name), { force: true });
  }
}

export function temporaryName(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
}

function isTemporaryOf(path: string, name: string): boolean {
  const prefix = `.${basename(path)}.`;
  return name.startsWith(prefix) && /^[0-9a-f]{12}\.tmp$/.test(name.slice(prefix.length));
}

function writeTemporary(path: string, text: string): string {
  const temporary = temporaryName(path);
  const file = openSync(temporary, 'wx', 0o600);
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
  return temporary;
}

export function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
