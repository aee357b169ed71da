import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { serverEnvironment, serverSettingsArgs, startDevServer } from '../../../client/embedded/dev-server.ts';
import { cacheFolder, findTemporal } from '../../../client/embedded/find-temporal.ts';
import { searchAttributes } from '../../../contract/index.ts';
import { freePort } from '../../support/embedded-postgres.ts';

/** A development server of our own; one that keeps what it knows in a file can be killed and started again. */
export interface TemporalServer {
  address: string;
  /** Of the process that runs now. */
  pid(): number;
  /** SIGKILL. @returns when the process is gone. */
  kill(): Promise<void>;
  /** On the same port, with the same file. @returns when it answers. */
  start(): Promise<void>;
}

/** @param databaseFile absent: in memory. */
export async function startTemporal(databaseFile?: string): Promise<TemporalServer> {
  const executable = await executableFile();
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const attributes = Object.values(searchAttributes).flatMap((name) => ['--search-attribute', `${name}=Keyword`]);
  const args = [
    ...['server', 'start-dev', '--headless', '--ip', '127.0.0.1', '--port', String(port), '--log-level', 'error'],
    ...serverSettingsArgs,
    ...(databaseFile === undefined ? [] : ['--db-filename', databaseFile, '--sqlite-pragma', 'journal_mode=WAL']),
    ...attributes,
  ];
  let child: ChildProcess | undefined;
  const dieWithUs = () => child?.kill('SIGKILL');
  process.on('exit', dieWithUs);
  const server: TemporalServer = {
    address,
    pid: () => child?.pid ?? 0,
    async start() {
      child = spawn(executable, args, { stdio: 'ignore', env: { ...serverEnvironment, ...process.env } });
      await answers(address, child);
    },
    async kill() {
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  };
  await server.start();
  return server;
}

async function executableFile(): Promise<string> {
  const found = await findTemporal({ say: console.error });
  if (found !== 'download') return found;
  // The SDK downloads it into the cache when it starts one.
  await (await startDevServer()).stop();
  const [file] = (await readdir(cacheFolder())).filter((name) => name.startsWith('temporal'));
  if (file === undefined) throw new Error(`no Temporal server stands in ${cacheFolder()} after its download`);
  return join(cacheFolder(), file);
}

async function answers(address: string, child: ChildProcess): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the Temporal server ended with code ${child.exitCode}`);
    const connection = await Connection.connect({ address, connectTimeout: 1_000 }).catch(() => undefined);
    const namespace = await connection?.workflowService.describeNamespace({ namespace: 'default' }).catch(() => {});
    await connection?.close();
    if (namespace) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
