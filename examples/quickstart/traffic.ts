import type pg from 'pg';
import { applicationName } from './app-connections.ts';

/** One query or connection of the application, as pg_stat_activity showed it. */
interface Seen {
  login: string;
  atMs: number;
}

export interface Span {
  /** Epoch milliseconds; absent: from the beginning, to now. */
  fromMs?: number;
  toMs?: number;
}

const lookEveryMs = 20;

/**
 * Watches the application from the server's side. What runs between two looks is not seen, so there were at least as many
 * queries as are counted here, and each is one that the server really had.
 */
export class Traffic {
  readonly #client: pg.Client;
  readonly #queries = new Map<string, Seen>();
  readonly #connections = new Map<string, Seen>();
  #stopped = false;
  #watching: Promise<void> | undefined;
  #failure: Error | undefined;

  constructor(client: pg.Client) {
    this.#client = client;
  }

  start(): void {
    this.#watching = this.#watch();
    this.#watching.catch((error: Error) => {
      this.#failure = error;
    });
  }

  /** Queries by login. */
  queries(span: Span = {}): Record<string, number> {
    return count(this.#queries.values(), span);
  }

  /** Connections that were opened in the span, by login. */
  connections(span: Span = {}): Record<string, number> {
    return count(this.#connections.values(), span);
  }

  /** Waits until `test` holds. @throws when it does not for a long time. */
  async until(what: string, test: () => boolean, patienceMs = 60_000): Promise<void> {
    const deadlineMs = Date.now() + patienceMs;
    while (!test()) {
      if (this.#failure) throw this.#failure;
      if (Date.now() > deadlineMs) throw new Error(`not in ${patienceMs / 1_000} s: ${what}`);
      await pause();
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#watching?.catch(() => {});
    await this.#client.end();
  }

  async #watch(): Promise<void> {
    while (!this.#stopped) {
      await this.#look();
      await pause();
    }
  }

  async #look(): Promise<void> {
    const { rows } = await this.#client.query<{ pid: number; login: string; opened: string; started: string }>(
      `select pid, usename as login, extract(epoch from backend_start)::text as opened,
              extract(epoch from query_start)::text as started
         from pg_stat_activity where application_name = $1 and query_start is not null`,
      [applicationName],
    );
    for (const { pid, login, opened, started } of rows) {
      const connection = `${pid} ${opened}`;
      this.#connections.set(connection, { login, atMs: Number(opened) * 1_000 });
      this.#queries.set(`${connection} ${started}`, { login, atMs: Number(started) * 1_000 });
    }
  }
}

function count(seen: Iterable<Seen>, { fromMs = 0, toMs = Number.POSITIVE_INFINITY }: Span): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { login, atMs } of seen) {
    if (atMs >= fromMs && atMs < toMs) counts[login] = (counts[login] ?? 0) + 1;
  }
  return counts;
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, lookEveryMs));
}

export function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, each) => sum + each, 0);
}
