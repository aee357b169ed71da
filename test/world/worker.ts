import { Context as Activity } from '@temporalio/activity';
import type { NativeConnection, WorkflowBundleOption } from '@temporalio/worker';
import { keyRingFile, openKeyRing } from '../../connectors/keyrings/file/index.ts';
import type { AuditSink, Context, CredentialId, KeyRing, Log } from '../../contract/index.ts';
import { settingsSchema } from '../../contract/index.ts';
import { createWorker, type Loaders } from '../../workers/worker.ts';
import { openSink } from './audit.ts';
import { worldConnectors } from './connectors.ts';
import { type Caller, callers } from './network.ts';
import type { World } from './world.ts';

export interface WorldWorkerGiven {
  connection: NativeConnection;
  taskQueue: string;
  home: string;
  worlds: ReadonlyMap<CredentialId, World>;
  log: Log;
  workflowBundle?: WorkflowBundleOption;
}

export interface WorldWorker {
  /** The worker's own. */
  keys: KeyRing;
  stop(): Promise<void>;
}

/** A real worker, behind which many worlds have their rotations at once. */
export async function startWorldWorker({ home, worlds, ...given }: WorldWorkerGiven): Promise<WorldWorker> {
  const { worker } = await createWorker({
    ...given,
    namespace: 'default',
    settings: settingsSchema.parse({ KEYTURN_HOME: home }),
    env: {},
    graceMs: 500,
    load: loadersOf(worlds),
  });
  const running = worker.run();
  return {
    keys: await openKeyRing(keyRingFile(home), { create: false }),
    async stop() {
      worker.shutdown();
      await running;
    },
  };
}

function loadersOf(worlds: WorldWorkerGiven['worlds']): Loaders {
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
      return (ctx: Context, ...rest: unknown[]) => callers.run(callerOf(ctx), () => found.call(port, ctx, ...rest));
    },
  });
}

function callerOf({ rotation }: Context): Caller {
  const { currentAttemptScheduledTimestampMs, scheduledTimestampMs } = Activity.current().info;
  return { dead: false, rotation, scheduledMs: scheduledTimestampMs, startedMs: currentAttemptScheduledTimestampMs };
}

/** Each credential's chain stands in its own world. */
function sinkOf(worlds: WorldWorkerGiven['worlds'], worldOf: (id: CredentialId) => World): AuditSink {
  const at = (id: CredentialId) => openSink(worldOf(id));
  return {
    append: (record, expectedSeq) => at(record.entry.credential).append(record, expectedSeq),
    read: (credential, fromSeq) => at(credential).read(credential, fromSeq),
    last: (credential) => at(credential).last(credential),
    credentials: async () => [...worlds.keys()],
    close: async () => {},
  };
}
