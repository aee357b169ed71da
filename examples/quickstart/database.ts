import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { scramVerifier } from '../../connectors/providers/postgres/scram.ts';
import { Secret } from '../../contract/index.ts';
import type { RunningPostgres } from '../embedded-postgres.ts';

export const database = 'shop';
export const logins = ['orders_a', 'orders_b'] as const;
export const owner = 'orders_owner';
export const admin = 'keyturn_admin';

/** What the quickstart does as the database's administrator: a superuser, which Keyturn itself is not. */
export class Administrator {
  readonly #server: RunningPostgres;

  constructor(server: RunningPostgres) {
    this.#server = server;
  }

  async makeDatabase(): Promise<void> {
    await this.run('postgres', `create database ${database}`);
  }

  /** @param script what Keyturn says has to be prepared. */
  async makeRoles(script: string): Promise<void> {
    await this.run(
      database,
      `${script};
       create table orders (id bigint generated always as identity primary key, amount numeric not null);
       insert into orders (amount) select round((random() * 100)::numeric, 2) from generate_series(1, 500);
       alter table orders owner to ${owner};`,
    );
  }

  async setPassword(role: string, password: Secret): Promise<void> {
    const verifier = await scramVerifier({ random: randomBytes }, password);
    await this.run(database, `alter role ${role} login password ${pg.escapeLiteral(verifier)}`);
  }

  /**
   * The mishap: the login, idle just then, was lent to others, and a setting stayed behind. It can log in, but acts as a role that has no
   * grant on the table.
   */
  async lendToReporting(login: string): Promise<void> {
    await this.run(
      database,
      `create role reporting nologin;
       grant reporting to ${login};
       alter role ${login} in database ${database} set role to reporting;`,
    );
  }

  async takeBackFromReporting(login: string): Promise<void> {
    await this.run(
      database,
      `alter role ${login} in database ${database} reset role;
       revoke reporting from ${login};
       drop role reporting;`,
    );
  }

  async run(name: string, sql: string): Promise<void> {
    await this.#withClient(name, (client) => client.query(sql));
  }

  /** For as long as the quickstart watches. */
  async watching(): Promise<pg.Client> {
    return connected(this.#urlOf('postgres'));
  }

  #urlOf(name: string): string {
    const url = new URL(this.#server.adminUrl);
    url.pathname = `/${name}`;
    return url.href;
  }

  async #withClient<T>(name: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = await connected(this.#urlOf(name));
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }
}

/** Letters and digits only: it needs no escaping in a URL. */
export function newPassword(): Secret {
  return new Secret(randomBytes(24).toString('hex'));
}

export function urlFor(server: RunningPostgres, login: string, password: Secret): Secret {
  return new Secret(`postgres://${login}:${password.reveal()}@${server.host}:${server.port}/${database}`);
}

export function adminUrlFor(server: RunningPostgres, password: Secret): Secret {
  return urlFor(server, admin, password);
}

/** @throws as the server answers. */
async function connected(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString, application_name: 'quickstart', ssl: false });
  // Without a listener, a connection that breaks would end the process.
  client.on('error', () => {});
  await client.connect();
  return client;
}

/** Whether the server takes this value now: tried from outside, by a connection of our own. */
export type Attempt = { accepted: true; login: string } | { accepted: false; sqlstate: string; at: string };

/** @throws what is no answer about the value: a server that is down refuses nobody. */
export async function tryValue(url: string): Promise<Attempt> {
  let client: pg.Client | undefined;
  try {
    client = await connected(url);
    const { rows } = await client.query<{ login: string }>('select session_user as login, count(*) from orders');
    return { accepted: true, login: rows[0]?.login ?? '' };
  } catch (error) {
    const { code } = error as { code?: string };
    if (!code?.startsWith('28')) throw error;
    return { accepted: false, sqlstate: code, at: new Date().toISOString() };
  } finally {
    await client?.end().catch(() => {});
  }
}
