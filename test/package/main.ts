// Packs Keyturn as it would be published, installs it elsewhere, and rotates with it: `npm run test:package`.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { extend } from './extend.ts';
import { Installed } from './installed.ts';
import { pack } from './packed.ts';
import { rotates } from './rotates.ts';
import { tooOld } from './too-old.ts';

/** The oldest that `engines` allows, and the one that the project is made with: versions of npm's package `node`. */
const versions = process.argv.slice(2).length > 0 ? process.argv.slice(2) : ['22.12.0', '24'];

const folder = await mkdtemp(join(tmpdir(), 'keyturn-package-'));
try {
  const { file, report } = await pack(folder);
  console.log(report);
  for (const version of versions) {
    const installed = await Installed.in(join(folder, `node-${version}`), file, [`node@${version}`]);
    console.log(`${await installed.node(['--version'])}: installed, ${await installed.size()} MB`);
    console.log(await rotates(installed));
    if (version === versions.at(-1)) console.log(`${await extend(installed)}\n${await tooOld(folder, installed)}`);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
