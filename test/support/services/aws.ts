import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { access, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Service } from '../global-setup.ts';

/** Where the double listens, and the key of a user who may do everything there: for making what a test needs, no more. */
export interface AwsDouble {
  endpoint: string;
  region: string;
  account: string;
  adminAccessKeyId: string;
  adminSecretAccessKey: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    aws: AwsDouble;
  }
}

const folder = fileURLToPath(new URL('../aws/', import.meta.url));
const needed = 'the AWS double needs Python 3.10 or newer with venv (Debian: apt-get install python3 python3-venv)';
const cache = fileURLToPath(new URL('../../../.cache/aws-double/', import.meta.url));

/** @throws when python3 is missing or the installation fails. */
export async function start(): Promise<{ provide: AwsDouble; stop(): Promise<void> }> {
  const python = await pythonWithMoto();
  const child = spawn(python, [join(folder, 'double.py')], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
  });
  const provide = await firstLine(child);
  return { provide, stop: () => end(child) };
}

start satisfies Service['start'];

async function firstLine(child: ChildProcess): Promise<AwsDouble> {
  if (!child.stdout) throw new Error('the AWS double has no output');
  for await (const line of createInterface({ input: child.stdout })) return JSON.parse(line) as AwsDouble;
  throw new Error('the AWS double ended before it listened; its error is above');
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.stdin?.end();
  await exited;
}

/** The python of a virtual environment that holds exactly requirements.txt; made once for each content of that file. */
async function pythonWithMoto(): Promise<string> {
  const requirements = join(folder, 'requirements.txt');
  const key = createHash('sha256')
    .update(await readFile(requirements))
    .digest('hex')
    .slice(0, 16);
  const home = join(cache, key);
  const python = join(home, 'bin', 'python');
  if (await exists(python)) return python;
  await withNotice('installing the AWS double (moto) into .cache/aws-double', () => install(home, requirements));
  return python;
}

async function install(home: string, requirements: string): Promise<void> {
  // Two test runs may install at once: each in a folder of its own, and the first to finish stays. pip's modules are
  // found relative to bin/python, so the folder can be renamed.
  const own = `${home}.${process.pid}`;
  // Without its python the folder is what an upgrade of Python left behind.
  await rm(home, { recursive: true, force: true });
  await mkdir(cache, { recursive: true });
  await run('python3', ['-m', 'venv', own]);
  await run(join(own, 'bin', 'python'), [
    ...['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps', '-r'],
    requirements,
  ]);
  await rename(own, home).catch(() => rm(own, { recursive: true, force: true }));
}

async function withNotice(what: string, work: () => Promise<void>): Promise<void> {
  const notice = setTimeout(() => console.log(`${what}: once, about a minute`), 2_000);
  await work().finally(() => clearTimeout(notice));
}

async function run(command: string, args: string[]): Promise<void> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output += chunk;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', (cause) => reject(cannotRun(command, cause)));
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`${command} ${args.slice(0, 3).join(' ')} ended with ${code}; ${needed}:\n${output}`);
}

function cannotRun(command: string, cause: Error): Error {
  const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
  return new Error(missing ? `${command} is not on the PATH: ${needed}` : `${command}: ${cause.message}`, { cause });
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );
