import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname } from 'node:path';

/** In memory where the system has such a place: several workers share what stands there, and nothing waits for a disk. */
export const fastFolder = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

export function readState<State>(file: string, begin: State): State {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as State;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return begin;
    throw error;
  }
}

/** One rotation at a time changes it. */
export function writeState(file: string, state: unknown): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(state));
}
