import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { lock } from 'proper-lockfile';
import type { DevServer } from '../client/embedded/dev-server.ts';
import { KeyturnError } from '../contract/index.ts';
import type { Shell } from './shell.ts';

export interface Ports {
  port: number;
  uiPort?: number;
}

/**
 * Starts the embedded Temporal on the database file in Keyturn's folder.
 * @throws KeyturnError `conflict` when a port is taken or another process has the database.
 */
export async function startEmbedded(shell: Shell, { port, uiPort }: Ports): Promise<DevServer> {
  const release = await lockHome(shell.home);
  try {
    await refuseTaken(port, '--port');
    if (uiPort !== undefined) await refuseTaken(uiPort, '--ui-port');
    const { startDevServer } = await import('../client/embedded/dev-server.ts');
    const server = await startDevServer({
      env: shell.env,
      say: (line) => shell.out.say(line),
      databaseFile: join(shell.home, 'temporal.db'),
      port,
      ...(uiPort === undefined ? {} : { uiPort }),
    });
    return { address: server.address, stop: () => server.stop().finally(release) };
  } catch (error) {
    await release();
    throw error;
  }
}

/** Two servers on one database would each take the other's rotations for their own. */
async function lockHome(home: string): Promise<() => Promise<void>> {
  await mkdir(home, { recursive: true, mode: 0o700 });
  try {
    return await lock(home, { lockfilePath: join(home, 'up.lock'), stale: 10_000 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ELOCKED') throw error;
    throw new KeyturnError('conflict', `another \`keyturn up\` uses ${home}`, {
      fix: 'use that one, or give this one a folder of its own in KEYTURN_HOME. If it was killed, wait ten seconds',
    });
  }
}

async function refuseTaken(port: number, option: string): Promise<void> {
  const taken = await new Promise<boolean>((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(true) : reject(error),
    );
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(false)));
  });
  if (!taken) return;
  throw new KeyturnError('conflict', `port ${port} is taken`, {
    fix: `take another with ${option}; or, if a Temporal runs there that you want to use, run \`keyturn worker\` instead`,
  });
}
