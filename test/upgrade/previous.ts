import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../package/run.ts';

const packed = fileURLToPath(new URL('previous.tgz', import.meta.url));
const cache = fileURLToPath(new URL('../../node_modules/.cache/', import.meta.url));

export interface Build {
  /** The command line's. */
  program: string;
  worker: string;
}

/** The build before this one, as its package holds it. It runs with the libraries of this clone, below whose folder it stands. */
export async function previousBuild(): Promise<Build> {
  const folder = join(cache, 'keyturn-previous');
  await mkdir(folder, { recursive: true });
  await run('tar', ['-xzf', packed], { cwd: folder });
  return { program: join(folder, 'package/bin/keyturn.js'), worker: join(folder, 'package/dist/workers/main.js') };
}
