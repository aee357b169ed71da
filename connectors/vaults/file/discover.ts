import { opendir, stat } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { type Context, type Discovered, type Discovery, KeyturnError } from '../../../contract/index.ts';
import { type Config, defaultPath, extension, isSecret } from './config.ts';

export const pageSize = 100;

export function source({ path }: Config): string {
  return `file vault ${path}`;
}

/** Every file of the vault, by its name and its time: none is opened. */
export async function* discover(ctx: Context, config: Config): Discovery {
  const folder = resolve(ctx.home, config.path);
  let page: Discovered[] = [];
  for await (const file of filesIn(folder)) {
    ctx.cancelled.throwIfAborted();
    const secret = relative(folder, file).slice(0, -extension.length);
    if (!isSecret(secret)) continue;
    page.push(await discovered(config, secret, file));
    if (page.length < pageSize) continue;
    yield page;
    page = [];
  }
  yield page;
}

async function* filesIn(folder: string): AsyncGenerator<string> {
  const entries = await opendir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error.code === 'EACCES' ? lacksRead(folder, error) : error;
  });
  if (!entries) return;
  for await (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesIn(path);
    else if (entry.isFile() && entry.name.endsWith(extension)) yield path;
  }
}

function lacksRead(folder: string, cause: unknown): KeyturnError {
  return new KeyturnError('unauthorized', `the right to read the folder ${folder} is missing`, {
    fix: "run it as the worker's user",
    cause,
  });
}

async function discovered({ path }: Config, secret: string, file: string): Promise<Discovered> {
  return {
    name: secret,
    named: { anywhere: [locationOf({ path, secret })] },
    // A change replaces the file.
    changedAt: (await stat(file)).mtime.toISOString(),
    lastUse: 'unknown',
    notes: [],
    declares: { vault: 'file', secret, ...(path !== defaultPath && { path }) },
  };
}

export function locationOf({ path, secret }: Pick<Config, 'path' | 'secret'>): string {
  return `file:${path}/${secret}`;
}
