import { createWriteStream, existsSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { KeyturnError } from '../contract/index.ts';

/**
 * Writes into a file that it makes, readable by its owner alone: the mode of one that is there is not ours to change.
 * @throws KeyturnError `invalid` where there is one already, or nobody may write.
 */
export async function writeNewFile(file: string, texts: Iterable<string> | AsyncIterable<string>): Promise<void> {
  try {
    await pipeline(Readable.from(texts), createWriteStream(file, { mode: 0o600, flags: 'wx' }));
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    // Else it is an error of whoever makes the texts.
    if (error instanceof KeyturnError || syscall === undefined) throw error;
    throw unwritable(file, code);
  }
}

/** For what takes long before it writes. @throws KeyturnError as {@link writeNewFile}. */
export function refuseExisting(file: string): void {
  if (existsSync(file)) throw unwritable(file, 'EEXIST');
}

function unwritable(file: string, code: string | undefined): KeyturnError {
  const fix = code === 'EEXIST' ? 'name a file that is not there yet' : 'name a place where you may write';
  return new KeyturnError('invalid', `${file} cannot be written (${code})`, { fix });
}
