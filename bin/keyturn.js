#!/usr/bin/env node
// Plain JavaScript that every Node can read: it only finds a Node that can run the rest.
import { spawn } from 'node:child_process';
import module, { createRequire } from 'node:module';
import { constants, homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const oldest = [22, 12];
const [major, minor] = process.versions.node.split('.').map(Number);
const newEnough = major > oldest[0] || (major === oldest[0] && minor >= oldest[1]);

if (newEnough && process.features.typescript) {
  // Of the user's own: what stands in it is run. Where it cannot be written, starting takes longer and nothing else.
  process.env.NODE_COMPILE_CACHE ||= join(
    process.env.XDG_CACHE_HOME || join(homedir(), '.cache'),
    'keyturn',
    'compiled',
  );
  module.enableCompileCache(process.env.NODE_COMPILE_CACHE);
  await import('../cli/main.ts');
} else runWith(installedNode());

/** The program in npm's own package `node`, where that is installed. */
function installedNode() {
  try {
    const folder = dirname(createRequire(import.meta.url).resolve('node/package.json'));
    return join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  } catch {
    return undefined;
  }
}

function runWith(node) {
  // A program that comes back here is no newer one: without this mark it would start itself for ever.
  if (node === undefined || process.env.KEYTURN_REEXECUTED === '1') return tooOld();
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, KEYTURN_REEXECUTED: '1' },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', tooOld);
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + constants.signals[signal];
  });
}

function tooOld() {
  console.error(
    `Keyturn needs Node 22.18 or newer, or npm's package "node"; this is ${process.versions.node}. Run \`npm ci\` first, or install a newer Node.`,
  );
  process.exitCode = 1;
}
