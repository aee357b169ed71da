// Keeps the build of a release, as the one from which the next has to go on: `npm run build:keep`.
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pack } from '../package/packed.ts';

const folder = await mkdtemp(join(tmpdir(), 'keyturn-keep-'));
try {
  const { file, report } = await pack(folder);
  await copyFile(file, fileURLToPath(new URL('previous.tgz', import.meta.url)));
  console.log(`kept in test/upgrade/previous.tgz: ${report}`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
