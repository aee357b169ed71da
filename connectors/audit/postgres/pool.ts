import type { ClientBase, Pool } from 'pg';
import type { Place } from './place.ts';

const statementMs = 10_000;

/** Connections are made when they are needed, and made anew after one broke. */
export async function poolOf({ config }: Place): Promise<Pool> {
  const { Pool } = await import('pg');
  const pool = new Pool({
    application_name: 'keyturn audit',
    max: 4,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    statement_timeout: statementMs,
    // Longer than the server's own limit, which says more about what happened. It also bounds the closing.
    query_timeout: statementMs + 5_000,
    onConnect: beDurable,
    ...config,
  });
  // A connection that breaks while nobody uses it is left out; without a listener it would end the process.
  pool.on('error', () => {});
  return pool;
}

/** What was appended survives the server's crash, also where others of its databases may lose their last second. */
async function beDurable(client: ClientBase): Promise<void> {
  await client.query(
    `select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off'`,
  );
}
