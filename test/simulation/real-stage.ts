import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { makeTelemetryFilterString, NativeConnection, Runtime } from '@temporalio/worker';
import { startDevServer } from '../../client/embedded/dev-server.ts';
import type { CredentialId, KeyRing } from '../../contract/index.ts';
import { startWorldWorker } from '../world/worker.ts';
import type { World } from '../world/world.ts';

/** A real server and a real worker, in which many worlds have their rotations at once. */
export interface Stage {
  client: Client;
  queue: string;
  worlds: Map<CredentialId, World>;
  /** The worker's own. */
  keys: KeyRing;
  /** What the worker has logged, by whatever credential. */
  logged: string[];
  stop(): Promise<void>;
  /** Only the server, whatever is under way. */
  abandon(): Promise<void>;
}

const queue = 'real-simulation';
const silent = () => {};
const quiet = { log: silent, trace: silent, debug: silent, info: silent, warn: silent, error: silent };

export async function openStage(say: (line: string) => void): Promise<Stage> {
  // What is cut off on purpose is no news; and whoever stops this stops all of it.
  const logging = { forward: {}, filter: makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' }) };
  Runtime.install({ logger: quiet, telemetryOptions: { logging }, shutdownSignals: [] });
  const server = await startDevServer({ say });
  const [connection, native, home] = await Promise.all([
    Connection.connect({ address: server.address }),
    NativeConnection.connect({ address: server.address }),
    mkdtemp(join(tmpdir(), 'keyturn-real-')),
  ]);
  const worlds: Stage['worlds'] = new Map();
  const logged: string[] = [];
  const shown = (message: string, fields: unknown = {}) => void logged.push(`${message} ${JSON.stringify(fields)}`);
  const worker = await startWorldWorker({
    ...{ connection: native, taskQueue: queue, home, worlds },
    log: { debug: silent, info: shown, warn: shown },
  });
  return {
    client: new Client({ connection }),
    queue,
    worlds,
    keys: worker.keys,
    logged,
    abandon: () => server.stop(),
    async stop() {
      for (const { network } of worlds.values()) network.cut();
      await worker.stop();
      await Promise.all([native.close(), connection.close()]);
      await server.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}
