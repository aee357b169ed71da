import type { Client } from 'pg';
import { type Context, KeyturnError, Secret } from '../../../contract/index.ts';
import { stateOf } from '../../postgres/classify.ts';
import { nameOf } from '../../references.ts';
import { type Login, statementMs, withClient } from './client.ts';
import { type Config, serverOf } from './config.ts';

/** Only user and password count: host, port, database and TLS are the catalog's, where everybody can read them. */
const urlPattern = /^(?:postgres(?:ql)?:\/\/)?([^:@/?#\s]+):([^@/?#\s]+)(?:@\S*)?$/;

/** @throws KeyturnError `invalid` naming the reference, never what stands there. */
export async function resolveAdmin(ctx: Context, config: Config): Promise<Login> {
  const text = (await ctx.resolve(config.admin)).reveal().trim();
  const [, user, password] = urlPattern.exec(text) ?? [];
  try {
    if (user && password) return { user: decodeURIComponent(user), password: new Secret(decodeURIComponent(password)) };
  } catch {
    // A stray percent sign: the same as no URL.
  }
  throw new KeyturnError(
    'invalid',
    `the admin login of ${serverOf(config)}, in ${nameOf(config.admin)}, is not a URL`,
    {
      fix: 'Store postgres://user:password@host there, with special characters percent-encoded.',
    },
  );
}

/** Gives `work` a connection as the admin. @throws KeyturnError `unauthorized` naming the reference or the grants. */
export async function withAdmin<Result>(
  ctx: Context,
  config: Config,
  work: (sql: Client) => Promise<Result>,
): Promise<Result> {
  const admin = await resolveAdmin(ctx, config);
  try {
    return await withClient(ctx, config, admin, work);
  } catch (error) {
    throw explained(config, error);
  }
}

/** `work` in one transaction: what it throws undoes all of it, because the connection then ends without a commit. */
export function inTransaction<Result>(
  ctx: Context,
  config: Config,
  work: (sql: Client) => Promise<Result>,
): Promise<Result> {
  return withAdmin(ctx, config, async (sql) => {
    await sql.query('begin');
    await sql.query(`set local statement_timeout = ${statementMs}`);
    const result = await work(sql);
    await sql.query('commit');
    return result;
  });
}

function explained(config: Config, error: unknown): unknown {
  const state = stateOf(error);
  if (!state) return error;
  const { message, detail } = error as { message: string; detail?: string };
  if (state.sqlstate.startsWith('28')) {
    const what = `${serverOf(config)} refuses the admin login in ${nameOf(config.admin)} (${state.sqlstate}): ${message}`;
    const fix = 'Correct the reference `admin`, or what stands there, and start the worker again.';
    return new KeyturnError('unauthorized', what, { fix, cause: error });
  }
  if (state.sqlstate !== '42501') return error;
  const said = detail === undefined ? message : `${message}: ${detail}`;
  return new KeyturnError('unauthorized', `${serverOf(config)}: the admin login lacks a grant (42501): ${said}`, {
    fix: '`keyturn check` prints the SQL with every grant that it needs.',
    cause: error,
  });
}
