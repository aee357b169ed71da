import type { Client, ClientConfig } from 'pg';
import type { Context, Secret } from '../../../contract/index.ts';
import type { Config } from './config.ts';

/** Marks Keyturn's own sessions, so that they are not taken for an application's. */
export const ownName = 'keyturn';

/** How long the server may take for one statement. */
export const statementMs = 10_000;

export interface Login {
  user: string;
  password: Secret;
}

/** Gives `work` a connection of its own as this login: nothing is pooled, so every use proves the password again. */
export async function withClient<Result>(
  ctx: Context,
  config: Config,
  login: Login,
  work: (sql: Client) => Promise<Result>,
): Promise<Result> {
  ctx.cancelled.throwIfAborted();
  const { Client } = await import('pg');
  const client = new Client(clientConfig(config, login));
  // A connection that breaks fails the statement under way; without a listener it would end the process as well.
  client.on('error', () => {});
  const close = () => client.end().catch(() => {});
  ctx.cancelled.addEventListener('abort', close, { once: true });
  try {
    await client.connect();
    return await work(client);
  } finally {
    ctx.cancelled.removeEventListener('abort', close);
    await close();
  }
}

function clientConfig(config: Config, { user, password }: Login): ClientConfig {
  const { host, port, database, tls, connectTimeoutMs } = config;
  return {
    host,
    port,
    database,
    user,
    password: password.reveal(),
    ssl: tls === 'disable' ? false : { rejectUnauthorized: tls === 'verify-full' },
    enableChannelBinding: tls !== 'disable',
    application_name: ownName,
    connectionTimeoutMillis: connectTimeoutMs,
    // Longer than the server's own limit, which says more about what happened.
    query_timeout: statementMs + 5_000,
  };
}
