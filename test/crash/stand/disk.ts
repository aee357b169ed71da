import { execFile, spawnSync } from 'node:child_process';
import { closeSync, openSync, writeSync } from 'node:fs';
import { mkdir, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Options } from '../options.ts';

const run = promisify(execFile);

/** A place for Keyturn's folder that can be full. */
export interface Disk {
  /** How it is made full. */
  how: string;
  home: string;
  /** Stands before a worker's own command line. */
  command: readonly string[];
  /** @param pids of the workers. */
  fill(pids: readonly number[]): Promise<void>;
  makeRoom(pids: readonly number[]): Promise<void>;
  remove(): Promise<void>;
}

export async function openDisk(folder: string, wanted: Options['disk']): Promise<Disk> {
  if (wanted === 'rlimit') return limitedFiles(folder);
  try {
    return await smallTmpfs(folder);
  } catch (error) {
    if (wanted === 'tmpfs') throw error;
    return limitedFiles(folder);
  }
}

async function smallTmpfs(folder: string): Promise<Disk> {
  const place = join(folder, 'small-disk');
  await mkdir(place);
  await run('mount', ['-t', 'tmpfs', '-o', 'size=4m,mode=700', 'tmpfs', place]);
  const unmount = () => void spawnSync('umount', ['--lazy', place]);
  process.once('exit', unmount);
  const filler = join(place, 'filler');
  return {
    how: 'a tmpfs of 4 MiB, filled up',
    home: join(place, 'home'),
    command: [],
    async fill() {
      const { bavail, bsize } = await statfs(place);
      writeUntilFull(filler, bavail * bsize + bsize);
    },
    makeRoom: () => rm(filler, { force: true }),
    async remove() {
      process.off('exit', unmount);
      unmount();
    },
  };
}

function writeUntilFull(path: string, bytes: number): void {
  const file = openSync(path, 'a');
  try {
    // What does not fit is left out, without an error, but for the last time.
    for (let left = bytes; left > 0; ) left -= writeSync(file, Buffer.alloc(left));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    closeSync(file);
  }
}

const fileBytesMax = 512;

/** No file can be written beyond its first half kilobyte: EFBIG in place of ENOSPC. Only the soft limit, which can be lifted again. */
function limitedFiles(folder: string): Disk {
  const limit = (pids: readonly number[], size: string) =>
    Promise.all(pids.map((pid) => run('prlimit', ['--pid', String(pid), `--fsize=${size}:`])));
  return {
    how: `RLIMIT_FSIZE of ${fileBytesMax} bytes on the workers`,
    home: join(folder, 'limited-home'),
    // Ignored signals stay ignored in what is executed: else the limit would end the process.
    command: ['bash', '-c', `trap '' XFSZ; exec "$@"`, 'bash'],
    fill: async (pids) => void (await limit(pids, String(fileBytesMax))),
    makeRoom: async (pids) => void (await limit(pids, 'unlimited')),
    remove: async () => {},
  };
}
