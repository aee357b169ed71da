import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type KeyRing, KeyturnError } from '../../../contract/index.ts';
import { makeFolder, removeLeftovers, replaceFile } from '../../keyrings/file/durable.ts';
import { underLock } from '../../keyrings/file/lock.ts';
import type { Place } from './config.ts';
import { type Content, readDocument, writeDocument } from './document.ts';

const attemptsMax = 20;

export async function load(keys: KeyRing, place: Place): Promise<Content | undefined> {
  const text = readText(place.file);
  return text === undefined ? undefined : readDocument(keys, text, place);
}

/** What a change makes of what it found: without `content` nothing is written. */
export interface Decision<Result> {
  content?: Content;
  result: Result;
}

/**
 * Compare and swap: decides on what was read and writes only if exactly that still stands there, else decides again on
 * what stands there now.
 * @throws KeyturnError `transient` when others were faster each time.
 */
export async function change<Result>(
  keys: KeyRing,
  place: Place,
  decide: (found: Content | undefined) => Promise<Decision<Result>>,
): Promise<Result> {
  for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
    const before = readText(place.file);
    const { content, result } = await decide(
      before === undefined ? undefined : await readDocument(keys, before, place),
    );
    if (content === undefined) return result;
    if (await swap(place, before, await writeDocument(keys, content))) return result;
  }
  throw new KeyturnError('transient', `${place.file} was changed by others ${attemptsMax} times in a row`);
}

async function swap(place: Place, before: string | undefined, after: string): Promise<boolean> {
  makeFolder(place.folder);
  makeFolder(dirname(place.file));
  return underLock(place.lockFile, () => {
    if (readText(place.file) !== before) return false;
    removeLeftovers(place.file);
    replaceFile(place.file, after);
    return true;
  });
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
