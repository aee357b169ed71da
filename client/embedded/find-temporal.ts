import { spawn } from 'node:child_process';
import { access, constants, mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { KeyturnError } from '../../contract/index.ts';

/** The newest version of Temporal's command line that `go install` can build. */
export const temporalCliVersion = '1.5.1';

export interface FindOptions {
  env?: NodeJS.ProcessEnv;
  /** Told what takes longer than a moment. */
  say?: (line: string) => void;
}

const executableName = process.platform === 'win32' ? 'temporal.exe' : 'temporal';

/** Where found and downloaded binaries are kept between runs. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  // Empty is as unset (XDG Base Directory Specification).
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'keyturn', `temporal-${temporalCliVersion}`);
}

/**
 * Finds Temporal's command line, which holds the development server: on PATH, in the cache, by `download`, by
 * `go install`; in this order.
 * @throws KeyturnError `not-found` that names the ways to get one.
 */
export async function findTemporal(options: FindOptions = {}): Promise<string | 'download'> {
  const { env = process.env, say = () => {} } = options;
  const folder = cacheFolder(env);
  const cached = join(folder, executableName);
  const onPath = await firstExecutable((env.PATH ?? '').split(delimiter).map((each) => join(each, executableName)));
  if (onPath) return onPath;
  if (await isExecutable(cached)) return cached;
  if (await canDownload()) return 'download';
  say('The Temporal server cannot be downloaded from here; building it with go install (two to three minutes) ...');
  const source = `github.com/temporalio/cli/cmd/temporal@v${temporalCliVersion}`;
  const failed = await goInstall(source, folder, env);
  if (failed === undefined) return cached;
  throw new KeyturnError('not-found', `no Temporal server was found, and go install did not build one: ${failed}`, {
    fix:
      'set TEMPORAL_ADDRESS to a running one; or put the Temporal CLI on PATH (https://docs.temporal.io/cli); ' +
      'or allow its download; or install Go',
  });
}

async function firstExecutable(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) if (await isExecutable(path)) return path;
  return undefined;
}

export async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

const probeTimeoutMs = 5_000;

/** Can the official download site be reached at all? */
async function canDownload(): Promise<boolean> {
  try {
    const url = 'https://temporal.download/cli/default?platform=linux&arch=amd64';
    const { ok } = await fetch(url, { signal: AbortSignal.timeout(probeTimeoutMs) });
    return ok;
  } catch {
    return false;
  }
}

/** Builds a program into the folder. @returns why it could not, in its own last words. */
export async function goInstall(source: string, folder: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  await mkdir(folder, { recursive: true });
  const child = spawn('go', ['install', source], {
    env: { ...env, GOBIN: folder, GOFLAGS: '-mod=mod' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    said = (said + chunk).slice(-2_000);
  });
  return new Promise((resolve) => {
    child.once('error', ({ message }) => resolve(message));
    child.once('close', (code) =>
      resolve(code === 0 ? undefined : said.trim().split('\n').at(-1) || `exit code ${code}`),
    );
  });
}
