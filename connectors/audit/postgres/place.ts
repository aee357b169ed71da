import { readFile } from 'node:fs/promises';
import type { ClientConfig } from 'pg';
import { KeyturnError } from '../../../contract/index.ts';
import { isLoopback } from '../../postgres/loopback.ts';

export interface Place {
  config: ClientConfig;
  /** Server and database, for people: neither login nor password. */
  name: string;
}

const forms =
  'postgres:env:<variable> or postgres:file:<path> that hold its URL, postgres://<login>@<host>/<database>, ' +
  'or postgres alone with PGHOST, PGUSER and their like';

/** @throws KeyturnError `invalid`, `not-found`: the text of a URL is never repeated. */
export async function placeOf(location: string): Promise<Place> {
  const url = await urlOf(location);
  const config: ClientConfig = url === undefined ? {} : { connectionString: url };
  const { Client } = await import('pg');
  try {
    const { database, host, port } = new Client(config);
    return { config: { ...tlsFor(host), ...config }, name: `${host}:${port}/${database ?? ''}` };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    // A certificate's file that the URL names. What else is wrong with a URL is said with the URL in it.
    if (code === 'ENOENT' || code === 'EACCES') throw new KeyturnError('invalid', `the audit's URL: ${message}`);
    throw unreadable();
  }
}

/** Where neither the URL nor libpq's variable says how: what leaves the machine is encrypted, for the server that is named. */
function tlsFor(host: string): ClientConfig {
  const stays = isLoopback(host) || host.startsWith('/');
  return stays || process.env.PGSSLMODE !== undefined ? {} : { ssl: { rejectUnauthorized: true } };
}

/** Whether a location is one that others must not read: a URL with a password in it. */
export function holdsSecret(location: string): boolean {
  return /\/\/[^@]*:[^@]*@|password=/i.test(location);
}

/** @returns undefined where libpq's own variables say all. */
async function urlOf(location: string): Promise<string | undefined> {
  if (location === '') return undefined;
  // Neither a variable nor a file: it is not repeated in an error.
  if (holdsSecret(location) && /^(env|file):/.test(location)) throw unreadable();
  const [, form, rest = ''] = /^(env|file):(.*)$/s.exec(location) ?? [];
  if (form === undefined) return checked(location.startsWith('//') ? `postgres:${location}` : location);
  return checked((form === 'env' ? held(rest) : await kept(rest)).trim());
}

function held(variable: string): string {
  const url = process.env[variable];
  if (url) return url;
  throw new KeyturnError('not-found', `the environment has no ${variable}, which holds the audit's URL`, {
    fix: `set ${variable} to postgres://<login>:<password>@<host>/<database>`,
  });
}

async function kept(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const kind = code === 'EACCES' ? 'unauthorized' : 'not-found';
    throw new KeyturnError(kind, `${path}, which holds the audit's URL, cannot be read (${code})`, { cause: error });
  }
}

/** An `@` that stands later ends a password with a `/`, `?` or `#` in it, whose parts would be taken for server and database. */
function checked(url: string): string {
  if (/^postgres(ql)?:\/\/[^/?#]*([/?#][^@]*)?$/.test(url)) return url;
  throw unreadable();
}

function unreadable(): KeyturnError {
  return new KeyturnError('invalid', 'the audit names no database of PostgreSQL', {
    fix: `name it as ${forms}; in a password write / as %2F, ? as %3F, # as %23, % as %25`,
  });
}
