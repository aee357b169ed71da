import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { makeTelemetryFilterString, NativeConnection, Runtime } from '@temporalio/worker';
import { startDevServer } from '../../client/embedded/dev-server.ts';
import { keyRingFile, openKeyRing } from '../../connectors/keyrings/file/index.ts';
import { type AuditSink, type Context, type CredentialId, type KeyRing, settingsSchema } from '../../contract/index.ts';
import { createWorker, type Loaders } from '../../workers/worker.ts';
import { openSink } from '../world/audit.ts';
import { worldConnectors } from '../world/connectors.ts';
import { callers } from '../world/network.ts';
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
  const { worker } = await createWorker({
    connection: native,
    namespace: 'default',
    settings: settingsSchema.parse({ KEYTURN_HOME: home }),
    log: { debug: silent, info: shown, warn: shown },
    env: {},
    taskQueue: queue,
    graceMs: 500,
    load: loadersOf(worlds),
  });
  const running = worker.run();
  return {
    client: new Client({ connection }),
    queue,
    worlds,
    keys: await openKeyRing(keyRingFile(home), { create: false }),
    logged,
    abandon: () => server.stop(),
    async stop() {
      worker.shutdown();
      await running;
      await Promise.all([native.close(), connection.close()]);
      await server.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}

function loadersOf(worlds: Stage['worlds']): Loaders {
  const worldOf = (id: string): World => {
    const world = worlds.get(id);
    if (!world) throw new Error(`there is no world ${id}`);
    return world;
  };
  const { consumer, provider, vault } = worldConnectors(worldOf);
  return {
    loadProvider: async () => ({ ...provider, open: (config) => inItsName(provider.open(config as never)) }),
    loadVault: async () => ({ ...vault, open: (config) => inItsName(vault.open(config as never)) }),
    loadConsumer: async () => ({ ...consumer, open: (config) => inItsName(consumer.open(config as never)) }),
    loadAudit: async () => ({ kind: 'audit', name: 'worlds', open: async () => sinkOf(worlds, worldOf) }),
  };
}

/** The world knows who makes a call, as it does under virtual time. */
function inItsName<Port extends object>(port: Port): Port {
  return new Proxy(port, {
    get(_port, name) {
      const found: unknown = Reflect.get(port, name);
      if (typeof found !== 'function') return found;
      return (ctx: Context, ...rest: unknown[]) =>
        callers.run({ dead: false, rotation: ctx.rotation }, () => found.call(port, ctx, ...rest));
    },
  });
}

/** Each credential's chain stands in its own world. */
function sinkOf(worlds: Stage['worlds'], worldOf: (id: CredentialId) => World): AuditSink {
  const at = (id: CredentialId) => openSink(worldOf(id));
  return {
    append: (record, expectedSeq) => at(record.entry.credential).append(record, expectedSeq),
    read: (credential, fromSeq) => at(credential).read(credential, fromSeq),
    last: (credential) => at(credential).last(credential),
    credentials: async () => [...worlds.keys()],
    close: async () => {},
  };
}
