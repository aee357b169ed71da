import { spawnSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Installed } from './installed.ts';
import { run } from './run.ts';

const version = '20.19.0';

/** Under a Node before the oldest, one line says so, and nothing else happens. */
export async function tooOld(folder: string, { folder: where }: Installed): Promise<string> {
  const own = join(folder, 'too-old');
  await mkdir(own);
  await run('npm', ['install', '--prefix', own, '--no-audit', '--no-fund', `node@${version}`], { cwd: own });
  const bin = join(where, 'node_modules/keyturn/bin/keyturn.js');
  const { status, stderr, stdout } = spawnSync(join(own, 'node_modules/.bin/node'), [bin, 'check'], {
    encoding: 'utf8',
  });
  const isOneLine = stderr === `Keyturn needs Node 22.12 or newer; this is ${version}.\n`;
  if (status !== 1 || stdout !== '' || !isOneLine)
    throw new Error(`too old, but ended with ${status}:\n${stdout}${stderr}`);
  return `v${version}: ${stderr.trim()}`;
}
