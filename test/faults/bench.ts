import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Runtime } from '@temporalio/worker';
import { inject } from 'vitest';
import * as rotations from '../../client/rotations.ts';
import { connector as pull } from '../../connectors/consumers/pull/index.ts';
import { loadAudit } from '../../connectors/load.ts';
import type {
  AttestMessage,
  AuditEntry,
  AuditSink,
  Credential,
  CredentialConsumer,
  Progress,
  Request,
  RotationEnd,
} from '../../contract/index.ts';
import { settingsSchema } from '../../contract/index.ts';
import { createWorker } from '../../workers/worker.ts';
import { credentialOf, requestOf } from '../support/rotating.ts';
import { consumerConnector, faultySink, providerConnector, vaultConnector } from './connectors.ts';
import { keptInvariants } from './invariants.ts';
import { type Given, World } from './world.ts';

const silent = () => {};
const quiet = { log: silent, trace: silent, debug: silent, info: silent, warn: silent, error: silent };

/** Short enough for a test, long enough for a busy machine. */
const limits = { stepMs: 6_000, settleMs: 10_000, refusalMs: 10_000, attemptMs: 2_000, pollMs: 100 };
const waitMsMax = 30_000;

export const ada = { by: 'ada' };

/** One rotation of one world. */
export interface Rotation {
  world: World;
  handle: rotations.Started['handle'];
  /** Waits until `test` holds of the progress. */
  until(test: (progress: Progress) => boolean): Promise<Progress>;
  quarantined(): Promise<Progress>;
  /** Waits for the end, which keeps the invariants. */
  end(): Promise<RotationEnd>;
  says(message: Omit<AttestMessage, 'instance'>): Promise<void>;
  request(request: Partial<Request>): Promise<void>;
  audit(): Promise<AuditEntry[]>;
}

export interface Bench {
  /** Asks for a rotation of a new world. */
  start(given: Given & Asked): Promise<Rotation>;
  /** Does something while no worker runs. */
  stopped(what: () => Promise<unknown>): Promise<void>;
  stop(): Promise<void>;
}

export interface Asked {
  consumers?: (Partial<CredentialConsumer> & { name: string })[];
  credential?: Partial<Credential>;
  request?: Partial<Request>;
  /** Before it begins. */
  prepare?: (world: World) => void;
}

/** The real workflow, activities, guard and audit, on a queue of their own; only what they reach out to is a world in memory. */
export async function startBench(): Promise<Bench> {
  try {
    Runtime.install({ logger: quiet });
  } catch {
    // Installed by an earlier worker of this process.
  }
  const { address, bundlePath } = inject('temporal');
  const home = await mkdtemp(join(tmpdir(), 'keyturn-faults-'));
  const [connection, native] = await Promise.all([
    Connection.connect({ address }),
    NativeConnection.connect({ address }),
  ]);
  const client = new Client({ connection });
  const worlds = new Map<string, World>();

  const work = () => startWorker({ native, bundlePath, home, worlds });
  let working = await work();

  return {
    async start({ prepare, ...given }) {
      const world = new World(given);
      worlds.set(world.id, world);
      prepare?.(world);
      const credential = credentialFor(world, given);
      const ask = (request: Partial<Request> = {}) =>
        rotations.startOrJoin(client, credential, requestOf(request), home);
      const { handle } = await ask(given.request);
      return rotationOf(world, handle, ask, () => working.sink);
    },
    async stopped(what) {
      await working.stop();
      await what();
      working = await work();
    },
    async stop() {
      await working.stop();
      await native.close();
      await connection.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

interface WorkerGiven {
  native: NativeConnection;
  bundlePath: string;
  /** Its name is the queue's too. */
  home: string;
  worlds: ReadonlyMap<string, World>;
}

async function startWorker({ native, bundlePath, home, worlds }: WorkerGiven) {
  const { sink, worker } = await createWorker({
    connection: native,
    namespace: 'default',
    settings: settingsSchema.parse({ KEYTURN_HOME: home }),
    log: { debug: silent, info: silent, warn: silent },
    env: {},
    workflowBundle: { codePath: bundlePath },
    taskQueue: home,
    graceMs: 500,
    load: loadersOf(worlds),
  });
  const running = worker.run();
  const stop = async () => {
    worker.shutdown();
    await running;
    await sink.close();
  };
  return { sink, stop };
}

function loadersOf(worlds: ReadonlyMap<string, World>) {
  return {
    loadProvider: async () => providerConnector(worlds),
    loadVault: async () => vaultConnector(worlds),
    loadConsumer: async (type: string) => (type === 'pull' ? pull : consumerConnector(worlds)),
    loadAudit: async (name: string) => {
      const real = await loadAudit(name);
      return { ...real, open: async (location: string) => faultySink(worlds, await real.open(location)) };
    },
  };
}

function credentialFor(world: World, { consumers = [], credential = {} }: Asked): Credential {
  const targets = [...world.places.keys()].map((name) => ({
    name,
    vault: 'world',
    value: world.shape,
    world: world.id,
    secret: name,
  }));
  const common = { reads: 'main', instances: 1, canary: 0, required: true, role: 'uses' as const };
  return credentialOf({
    id: world.id,
    provider: { type: 'world', world: world.id },
    targets,
    consumers: consumers.map(({ type = 'told', ...given }) => ({
      ...common,
      type,
      ...(type === 'pull' ? {} : { world: world.id, called: given.name }),
      ...given,
    })),
    limits,
    ...credential,
  });
}

function rotationOf(
  world: World,
  handle: Rotation['handle'],
  ask: (request: Partial<Request>) => Promise<unknown>,
  sink: () => AuditSink,
): Rotation {
  const until = async (test: (progress: Progress) => boolean) => {
    const endMs = Date.now() + waitMsMax;
    for (;;) {
      const now = await rotations.progress(handle);
      if (test(now)) return now;
      if (now.end) throw new Error(`it ended first, ${now.end.outcome}: ${now.end.reason?.message ?? ''}`);
      if (Date.now() > endMs) throw new Error(`it stands: ${JSON.stringify(now)}`);
      await sleep(50);
    }
  };
  const audit = async () => (await sink().read(world.id)).map(({ entry }) => entry);
  return {
    world,
    handle,
    until,
    quarantined: () => until((now) => now.quarantine !== undefined),
    async end() {
      const open = await until((now) => now.end !== undefined || now.quarantine !== undefined);
      if (open.quarantine) throw new Error(`quarantined: ${JSON.stringify(open.quarantine)}`);
      const end = await rotations.ended(handle);
      await world.settled();
      keptInvariants(world, await audit());
      return end;
    },
    says: (message) => rotations.attest(handle, { instance: 'one', ...message }),
    request: async (request) => void (await ask(request)),
    audit,
  };
}

export const waitingFor =
  (name: string) =>
  ({ waits }: Progress): boolean =>
    waits.some((wait) => wait.name === name);
