import type { Client } from 'pg';
import { z } from 'zod';
import { type Context, KeyturnError, type KeyValue, retryable } from '../../../contract/index.ts';
import { classify, stateOf } from '../../postgres/classify.ts';
import { statementMs, withClient } from './client.ts';
import type { Config } from './config.ts';
import { ownLoginIn } from './verify.ts';

export const smokeTestSchema = z.strictObject({
  /** One statement. It runs in a read-only transaction. */
  sql: z.string().min(1),
  /** `rows`: at least one. `any`: it need only succeed. */
  expect: z.enum(['rows', 'any']).default('any'),
});
type SmokeTest = z.infer<typeof smokeTestSchema>;

/** @throws KeyturnError `invalid` with the server's code and words; whatever says that the server is out of reach. */
export async function smokeTest(ctx: Context, config: Config, value: KeyValue, given: unknown): Promise<void> {
  const test = smokeTestSchema.safeParse(given);
  if (!test.success)
    throw new KeyturnError('invalid', 'a smoke test of a PostgreSQL login is {sql, expect: rows | any}');
  const login = ownLoginIn(config, value);
  try {
    await withClient(ctx, config, login, (sql) => run(sql, test.data));
  } catch (error) {
    throw failure(login.user, test.data, error);
  }
}

async function run(sql: Client, test: SmokeTest): Promise<void> {
  await sql.query('begin transaction read only');
  await sql.query(`set local statement_timeout = ${statementMs}`);
  // The extended protocol takes one statement only, so that none can leave the read-only transaction and go on.
  const { rowCount } = await sql.query({ text: test.sql, queryMode: 'extended' } as { text: string });
  if (test.expect === 'rows' && !rowCount) throw new KeyturnError('invalid', 'no rows');
}

function failure(user: string, { sql }: SmokeTest, error: unknown): unknown {
  const state = stateOf(error);
  if (!(error instanceof KeyturnError) && !isAnswer(error, state?.sqlstate)) return error;
  const said = `${state ? `${state.sqlstate} ` : ''}${(error as Error).message}`;
  return new KeyturnError('invalid', `the smoke test '${sql}' fails for the login ${user}: ${said}`, {
    fix: 'Grant the login what its predecessor may do, best through a role that both are members of; or mend the test.',
    cause: error,
  });
}

/** Rather than the server's or the network's trouble. A test that wants to write (25006) never gets better. */
function isAnswer(error: unknown, sqlstate: string | undefined): boolean {
  const kind = classify(error);
  return sqlstate === '25006' || (sqlstate !== undefined && kind !== undefined && !retryable(kind));
}
