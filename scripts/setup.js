// The set-up of every npm script: installs the dependencies when they are missing or older than the lock file. With further
// arguments it then runs them with the Node that the project brings, because a shell remembers which one it has found first.
// Plain JavaScript without dependencies: it runs before anything is installed, on Node 20 or newer.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const installed = `${root}node_modules/.package-lock.json`;
const locked = `${root}package-lock.json`;

if (Number.parseInt(process.versions.node, 10) < 20) {
  console.error(`Keyturn needs Node 20 or newer to set itself up; this is ${process.versions.node}.`);
  process.exit(1);
}

if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(locked).mtimeMs) {
  console.error('Installing the dependencies with npm ci (about a minute) ...');
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  const { status } = spawnSync('npm', ['ci', ...quiet], { cwd: root, stdio: ['ignore', 2, 2] });
  if (status !== 0) process.exit(status ?? 1);
}

const args = process.argv.slice(2);
if (args.length > 0) {
  // What is compiled once is not compiled again by the hundreds of processes that a test run starts.
  const env = { NODE_COMPILE_CACHE: `${root}node_modules/.cache/compiled`, ...process.env };
  const child = spawn(`${root}node_modules/.bin/node`, args, { stdio: 'inherit', env });
  // A terminal's Ctrl-C reaches the child by itself.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
}
