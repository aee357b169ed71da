import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { registerSearchAttributes } from '../../client/cluster.ts';
import { serverEnvironment } from '../../client/embedded/dev-server.ts';
import { type RunningPostgres, startPostgres } from '../../test/support/embedded-postgres.ts';
import { noteVersion, type Server } from '../engine.ts';
import { durable } from '../real.ts';
import { databases, host, plugin, writeConfig } from './config.ts';
import { clusterPrograms, type Programs } from './programs.ts';

const namespace = 'default';
const retention = msToTs('1 day');
const patienceMs = 60_000;

/** A Temporal server over a PostgreSQL of its own: all four services in one process. */
export async function startOnPostgres(folder: string, say: (line: string) => void): Promise<Server> {
  const programs = await clusterPrograms(say);
  const postgres = await startPostgres({ settings: durable });
  await makeSchemas(programs, postgres);
  const address = await writeConfig(folder, postgres);
  const args = ['--root', folder, '--config', 'config', '--env', 'bench', '--allow-no-auth', 'start'];
  const log = join(folder, 'server.log');
  const output = openSync(log, 'w');
  const env = { ...serverEnvironment, ...process.env };
  const child = spawn(programs.server, args, { stdio: ['ignore', output, output], env });
  closeSync(output);
  const dieWithUs = () => child.kill('SIGKILL');
  process.once('exit', dieWithUs);
  const stop = async () => {
    process.off('exit', dieWithUs);
    await end(child);
    await postgres.stop();
  };
  try {
    await ready(address, child);
    await noteVersion('postgres', address);
  } catch (error) {
    await stop();
    throw new Error(`${(error as Error).message}: ${lastLine(log)}`);
  }
  return { address, pids: () => [child.pid ?? 0, postgres.pid], stop };
}

function lastLine(file: string): string {
  return readFileSync(file, 'utf8').trim().split('\n').at(-1)?.slice(0, 500) ?? '';
}

async function makeSchemas({ sql }: Programs, { adminUrl, port }: RunningPostgres): Promise<void> {
  const { password, username } = new URL(adminUrl);
  for (const [kind, database] of Object.entries(databases)) {
    const env = { SQL_PLUGIN: plugin, SQL_HOST: host, SQL_PORT: `${port}`, SQL_USER: username, SQL_PASSWORD: password };
    const run = (...args: string[]) => promisify(execFile)(sql, args, { env: { ...env, SQL_DATABASE: database } });
    await run('create-database');
    await run('setup-schema', '-v', '0.0');
    await run('update-schema', '--schema-name', `postgresql/v12/${kind === 'default' ? 'temporal' : kind}`);
  }
}

/** With a namespace and Keyturn's search attributes, which take a moment until the server knows them everywhere. */
async function ready(address: string, child: ChildProcess): Promise<void> {
  const untilMs = Date.now() + patienceMs;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the Temporal server ended with code ${child.exitCode}`);
    const connection = await Connection.connect({ address, connectTimeout: 1_000 }).catch(() => undefined);
    try {
      if (connection && (await prepared(connection))) return;
    } catch (error) {
      if (Date.now() > untilMs) throw error;
    } finally {
      await connection?.close();
    }
    if (Date.now() > untilMs) throw new Error(`the Temporal server does not answer at ${address}`);
    await sleep(250);
  }
}

/** @throws while the server is not ready for it. @returns whether nothing is left to do. */
async function prepared(connection: Connection): Promise<boolean> {
  const { workflowService } = connection;
  const isThere = await workflowService.describeNamespace({ namespace }).catch(() => undefined);
  if (!isThere) {
    await workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: retention });
    return false;
  }
  return (await registerSearchAttributes(connection, namespace)).length === 0;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}
