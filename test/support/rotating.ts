import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Runtime } from '@temporalio/worker';
import { inject } from 'vitest';
import { ended, progress, type Started, startOrJoin } from '../../client/rotations.ts';
import { openKeyRing } from '../../connectors/keyrings/file/index.ts';
import { loadVault } from '../../connectors/load.ts';
import type {
  AuditSink,
  Context,
  Credential,
  KeyRing,
  Log,
  Progress,
  Request,
  RotationEnd,
  Target,
} from '../../contract/index.ts';
import { Secret, settingsSchema } from '../../contract/index.ts';
import { createWorker } from '../../workers/worker.ts';
import { testContext } from './context.ts';

const silent = () => {};
const quiet = { log: silent, trace: silent, debug: silent, info: silent, warn: silent, error: silent };

/** A home of its own, a worker in this process on a queue of its own, and what tests want to ask it. */
export interface Rotating {
  home: string;
  client: Client;
  connection: Connection;
  keys: KeyRing;
  sink: AuditSink;
  taskQueue: string;
  ctx: Context;
  env: Record<string, string>;
  start(credential: Credential, request?: Partial<Request>): Promise<Started>;
  /** Starts a rotation and waits for its end. */
  rotate(credential: Credential, request?: Partial<Request>): Promise<RotationEnd>;
  /** Waits until `test` holds of the progress. */
  until(started: Started, test: (progress: Progress) => boolean): Promise<Progress>;
  stop(): Promise<void>;
}

export interface RotatingOptions {
  log?: Log;
  home?: string;
  env?: Record<string, string>;
  site?: string;
  address?: string;
  maxCachedWorkflows?: number;
  settings?: Record<string, string>;
}

export async function startRotating(options: RotatingOptions = {}): Promise<Rotating> {
  try {
    Runtime.install({ logger: quiet });
  } catch {
    // Installed by an earlier worker of this process.
  }
  const { address: shared, bundlePath } = inject('temporal');
  const address = options.address ?? shared;
  const home = options.home ?? (await mkdtemp(join(tmpdir(), 'keyturn-home-')));
  const [connection, native] = await Promise.all([
    Connection.connect({ address }),
    NativeConnection.connect({ address }),
  ]);
  const client = new Client({ connection });
  const env: Record<string, string> = { ...options.env };
  const log: Log = options.log ?? { debug: silent, info: silent, warn: silent };
  const taskQueue = options.site === undefined ? `test-${randomUUID()}` : `keyturn-${options.site}`;
  const settings = settingsSchema.parse({ KEYTURN_HOME: home, ...options.settings });
  const { worker, sink } = await createWorker({
    connection: native,
    namespace: 'default',
    settings,
    log,
    env,
    workflowBundle: { codePath: bundlePath },
    taskQueue,
    graceMs: 1_000,
    ...(options.maxCachedWorkflows === undefined ? {} : { maxCachedWorkflows: options.maxCachedWorkflows }),
  });
  const running = worker.run();
  const keys = await openKeyRing(join(home, 'keys.json'), { create: true });
  const start = (credential: Credential, request: Partial<Request> = {}) =>
    startOrJoin(client, credential, requestOf(request), taskQueue);
  return {
    home,
    client,
    connection,
    keys,
    sink,
    taskQueue,
    ctx: testContext({ keys, home }),
    env,
    start,
    rotate: async (credential, request) => ended((await start(credential, request)).handle),
    until: (started, test) => until(started, test),
    async stop() {
      worker.shutdown();
      await running;
      await sink.close();
      await native.close();
      await connection.close();
      if (options.home === undefined) await rm(home, { recursive: true, force: true });
    },
  };
}

export function requestOf(request: Partial<Request> = {}): Request {
  return { id: randomUUID(), at: new Date().toISOString(), by: 'tester', urgency: 'routine', ...request };
}

async function until(started: Started, test: (progress: Progress) => boolean): Promise<Progress> {
  for (;;) {
    const now = await progress(started.handle);
    if (test(now)) return now;
    if (now.state === 'ended') throw new Error(`it ended first: ${JSON.stringify(now.end)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Puts the first value into an empty target, as an operator would. */
export async function storeFirst(ctx: Context, target: Target, value: string): Promise<void> {
  const { name: _name, value: _shape, ...located } = target;
  const connector = await loadVault(target.vault);
  await connector.open(connector.schema.parse(located)).write(ctx, new Secret(value), 'absent');
}

/** What a consumer of the target reads now. */
export async function readCurrent(ctx: Context, target: Target): Promise<string> {
  const { name: _name, value: _shape, ...located } = target;
  const connector = await loadVault(target.vault);
  const stored = await connector.open(connector.schema.parse(located)).read(ctx, 'current');
  if (stored === 'absent') throw new Error(`${target.name} holds nothing`);
  return stored.value.reveal();
}

/** A credential with short times; the rest as given. What a lost attempt may still do is waited for as long as an attempt takes at the most. */
export function credentialOf(given: Partial<Credential> & Pick<Credential, 'provider' | 'targets'>): Credential {
  return {
    id: `test/${randomUUID()}`,
    owner: 'tests',
    tier: 'standard',
    consumers: [],
    smokeTests: [],
    graceMs: 0,
    soakMs: 0,
    refreshWithinMs: 60_000,
    limits: { stepMs: 20_000, settleMs: 20_000, refusalMs: 20_000, attemptMs: 6_000, pollMs: 200 },
    ...given,
  };
}
