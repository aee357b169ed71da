#!/usr/bin/env node
// Plain JavaScript that every Node can read: it only finds what can run the rest. In the package that is what was built, and this Node
// has to be new enough; in a clone it is the source, and a Node that reads TypeScript.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import module, { createRequire } from 'node:module';
import { constants, homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const oldest = [22, 12];
const [major, minor] = process.versions.node.split('.').map(Number);
const newEnough = major > oldest[0] || (major === oldest[0] && minor >= oldest[1]);

const isClone = existsSync(new URL('../cli/main.ts', import.meta.url));

// The audit's SQLite is Node's own: before 22.13 it has to be asked for, in each process.
const withSqlite = '--experimental-sqlite --disable-warning=ExperimentalWarning';

if (newEnough && !isClone && !module.isBuiltin('node:sqlite')) {
  runWith(process.execPath, { NODE_OPTIONS: `${process.env.NODE_OPTIONS || ''} ${withSqlite}` });
} else if (newEnough && (!isClone || process.features.typescript)) {
  // Of the user's own: what stands in it is run. Where it cannot be written, starting takes longer and nothing else.
  if (!process.env.NODE_COMPILE_CACHE) {
    const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
    process.env.NODE_COMPILE_CACHE = join(cache, 'keyturn', 'compiled');
  }
  module.enableCompileCache(process.env.NODE_COMPILE_CACHE);
  await import(isClone ? '../cli/main.ts' : '../dist/cli/main.js');
} else if (isClone) runWith(installedNode());
else fail(`Keyturn needs Node ${oldest.join('.')} or newer; this is ${process.versions.node}.`);

/** The program in npm's own package `node`, where that is installed. */
function installedNode() {
  try {
    const folder = dirname(createRequire(import.meta.url).resolve('node/package.json'));
    return join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  } catch {
    return undefined;
  }
}

function runWith(node, env = {}) {
  // A program that comes back here is no newer one: without this mark it would start itself for ever.
  if (node === undefined || process.env.KEYTURN_REEXECUTED === '1') return tooOld();
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, ...env, KEYTURN_REEXECUTED: '1' },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', tooOld);
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + constants.signals[signal];
  });
}

function tooOld() {
  fail(
    `A clone of Keyturn needs Node 22.18 or newer, or npm's package "node"; this is ${process.versions.node}. Run \`npm ci\` first, or install a newer Node.`,
  );
}

function fail(message) {
  console.error(message);
  process.exitCode = 1;
}
