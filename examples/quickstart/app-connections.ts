import pg from 'pg';
import { readFileVault } from '../../connectors/vaults/file/index.ts';

export const applicationName = 'orders-application';

/** A value was read that the database does not take, or not for what this application does. */
export class DoesNotWork extends Error {
  override readonly name = 'DoesNotWork';
}

export interface ConnectionsOptions {
  home: string;
  /** In the file vault. */
  secret: string;
  connections: number;
  log(event: string, fields: Record<string, unknown>): void;
}

interface Loaded {
  pool: pg.Pool;
  version: string;
  running: Set<Promise<unknown>>;
}

/** Connections are renewed every so often, as behind any load balancer: each of these is a login with the present value. */
const lifetimeSeconds = 2;

const read = 'select session_user as login, count(*) as orders, sum(amount) as amount from orders';

/** The application's connections, and the change from one value to the next without a failing query. */
export class Connections {
  readonly #options: ConnectionsOptions;
  #loaded: Loaded | undefined;
  #switching: Promise<string> = Promise.resolve('');

  constructor(options: ConnectionsOptions) {
    this.#options = options;
  }

  get version(): string | undefined {
    return this.#loaded?.version;
  }

  /** @returns the login, as the server sees it. */
  async readOrders(): Promise<string> {
    const loaded = this.#loaded;
    if (!loaded) throw new Error('not open');
    const query = readOn(loaded.pool);
    loaded.running.add(query);
    try {
      return await query;
    } finally {
      loaded.running.delete(query);
    }
  }

  /** One at a time. @returns the version that is in use now. @throws DoesNotWork, and keeps what works. */
  open(): Promise<string> {
    const next = () => this.#open();
    this.#switching = this.#switching.then(next, next);
    return this.#switching;
  }

  async #open(): Promise<string> {
    const { home, log, secret } = this.#options;
    const { value, version } = await readFileVault({ home, secret });
    const before = this.#loaded;
    if (before?.version === version) return version;
    const pool = this.#newPool(value);
    const login = await proven(pool);
    this.#loaded = { pool, version, running: new Set() };
    log('loaded', { login, version });
    if (before) await drained(before);
    if (before) log('drained', { version: before.version });
    return version;
  }

  #newPool(connectionString: string): pg.Pool {
    const { connections, log } = this.#options;
    const pool = new pg.Pool({
      connectionString,
      application_name: applicationName,
      max: connections + 1,
      maxLifetimeSeconds: lifetimeSeconds,
      connectionTimeoutMillis: 10_000,
    });
    pool.on('error', (error: Error & { code?: string }) => log('idle connection lost', { code: error.code }));
    return pool;
  }
}

async function readOn(pool: pg.Pool): Promise<string> {
  const { rows } = await pool.query<{ login: string }>(read);
  const [row] = rows;
  if (!row) throw new Error('no row');
  return row.login;
}

/** Does the whole of the job with the new value, once. */
async function proven(pool: pg.Pool): Promise<string> {
  try {
    return await readOn(pool);
  } catch (error) {
    await pool.end();
    const { code } = error as { code?: string };
    // SQLSTATE: class 28 refuses the login, 42501 its rights. Anything else says nothing of the value.
    if (code?.startsWith('28') || code === '42501')
      throw new DoesNotWork(`the database answers ${code}`, { cause: error });
    throw error;
  }
}

async function drained({ pool, running }: Loaded): Promise<void> {
  await Promise.allSettled(running);
  await pool.end();
}
