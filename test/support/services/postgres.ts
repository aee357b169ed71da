import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '../embedded-postgres.ts';
import type { Service } from '../global-setup.ts';

/** One server for the whole test run: make roles and tables under fresh names. */
export interface PostgresAddress {
  host: string;
  port: number;
  /** Of the superuser: for making what a test needs, no more. */
  adminUrl: string;
  /** Everything that the server logs, every statement included. */
  logFile: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    postgres: PostgresAddress;
  }
}

export async function start(): Promise<{ provide: PostgresAddress; stop(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'keyturn-postgres-log-'));
  const logFile = join(folder, 'server.log');
  const log = createWriteStream(logFile);
  const settings = { log_statement: 'all', log_min_duration_statement: '0', log_error_verbosity: 'verbose' };
  const { stop, ...address } = await startPostgres({ settings, onLog: (text) => log.write(text) });
  return {
    provide: { ...address, logFile },
    async stop() {
      await stop();
      await new Promise((resolve) => log.end(resolve));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

start satisfies Service['start'];
