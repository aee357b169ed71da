import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type NativeConnection,
  type WorkerOptions as SdkOptions,
  Worker,
  type WorkflowBundleOption,
} from '@temporalio/worker';
import { createActivities } from '../activities/create-activities.ts';
import { namedAudit } from '../connectors/audit/setting.ts';
import type { Deps } from '../connectors/deps.ts';
import { openOwnKeyRing } from '../connectors/keyrings/file/own.ts';
import { loadAudit, loadConsumer, loadProvider, loadVault } from '../connectors/load.ts';
import { Paces } from '../connectors/pace.ts';
import type { AuditSink, Log, Settings } from '../contract/index.ts';
import { mainQueue, siteQueue } from '../contract/index.ts';
import { ActivityGuard } from './activity-guard.ts';
import { temporalAttempt } from './attempt.ts';

export interface WorkerOptions {
  connection: NativeConnection;
  namespace: string;
  settings: Settings;
  log: Log;
  env?: NodeJS.ProcessEnv;
  /** Made beforehand; absent: the package's own or, from source, made at the start, which takes a second or two. */
  workflowBundle?: WorkflowBundleOption;
  taskQueue?: string;
  /** On SIGTERM, how long activities may go on. */
  graceMs?: number;
  /** Takes the place of the folders of connectors. */
  load?: Partial<Loaders>;
  /** 0: every task replays its workflow from the beginning, as after a restart. */
  maxCachedWorkflows?: number;
}

export type Loaders = Pick<Deps, 'loadProvider' | 'loadVault' | 'loadConsumer'> & { loadAudit: typeof loadAudit };

export interface KeyturnWorker {
  worker: Worker;
  sink: AuditSink;
}

const workflowsPath = fileURLToPath(new URL('../workflows/index.ts', import.meta.url));

/** The package has the workflows bundled: every worker of a version runs the same, and starts at once. */
const builtBundle = fileURLToPath(new URL('../workflow-bundle.js', import.meta.url));

function workflowCode(given: WorkflowBundleOption | undefined): Pick<SdkOptions, 'workflowBundle' | 'workflowsPath'> {
  if (given) return { workflowBundle: given };
  return existsSync(builtBundle) ? { workflowBundle: { codePath: builtBundle } } : { workflowsPath };
}

/** A rotation goes on with whatever version is current: one that is asleep for days holds no old worker up (decision 17). */
function versioned({
  TEMPORAL_DEPLOYMENT_NAME: deploymentName,
  TEMPORAL_WORKER_BUILD_ID: buildId,
}: Settings): Pick<SdkOptions, 'workerDeploymentOptions'> {
  if (!deploymentName || !buildId) return {};
  const version = { deploymentName, buildId };
  return {
    workerDeploymentOptions: { version, useWorkerVersioning: true, defaultVersioningBehavior: 'AUTO_UPGRADE' },
  };
}

/** Wires a worker: connectors, key ring, audit, and the rotation's workflow and activities. */
export async function createWorker(options: WorkerOptions): Promise<KeyturnWorker> {
  const { connection, env = process.env, log, namespace, settings } = options;
  const home = resolve(settings.KEYTURN_HOME);
  const load: Loaders = { loadProvider, loadVault, loadConsumer, loadAudit, ...options.load };
  const sink = await openSink(load, settings, home);
  const keys = await openOwnKeyRing({ home, log, sink });
  const activities = createActivities({
    attempt: temporalAttempt,
    ...load,
    keys,
    sink,
    home,
    env,
    readFile: (path) => readFile(path, 'utf8'),
    log,
    paces: new Paces(),
  });
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue: options.taskQueue ?? (settings.KEYTURN_SITE ? siteQueue(settings.KEYTURN_SITE) : mainQueue),
    activities: { ...activities },
    ...workflowCode(options.workflowBundle),
    interceptors: { activity: [() => ({ inbound: new ActivityGuard() })] },
    ...versioned(settings),
    maxConcurrentActivityTaskExecutions: settings.KEYTURN_ACTIVITIES,
    shutdownGraceTime: options.graceMs ?? 30_000,
    ...(options.maxCachedWorkflows === undefined ? {} : { maxCachedWorkflows: options.maxCachedWorkflows }),
  });
  return { worker, sink };
}

async function openSink(load: Loaders, settings: Settings, home: string): Promise<AuditSink> {
  const { location, sink } = namedAudit(settings.KEYTURN_AUDIT, home);
  const connector = await load.loadAudit(sink);
  return connector.open(location);
}
