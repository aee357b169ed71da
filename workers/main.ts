import { loadClientConnectConfig } from '@temporalio/envconfig';
import { makeTelemetryFilterString, NativeConnection, Runtime } from '@temporalio/worker';
import { KeyturnError, retryable, type Settings, settingsSchema } from '../contract/index.ts';
import { healthOf, serveHealth } from './health.ts';
import { contractLog, processLog, sdkLogger } from './log.ts';
import { createWorker } from './worker.ts';

/** The worker process: works until SIGTERM or SIGINT, then lets its activities come to an end. */
async function main(): Promise<void> {
  const settings = settingsOf(process.env);
  const log = processLog(settings.KEYTURN_LOG);
  // The engine's core would write to standard error by itself, whole failures included.
  const logging = { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }) };
  Runtime.install({ logger: sdkLogger(log), telemetryOptions: { logging } });
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
  const address = connectionOptions.address ?? 'localhost:7233';
  const connection = await NativeConnection.connect({ ...connectionOptions, address }).catch(() => {
    log.error({ address }, `no Temporal answers at ${address}: set TEMPORAL_ADDRESS, or start one with keyturn up`);
    process.exit(69);
  });
  const { worker, sink } = await createWorker({ connection, namespace, settings, log: contractLog(log) });
  const { KEYTURN_HEALTH: place } = settings;
  if (place) await serveHealth(place, () => healthOf(worker, connection));
  const { TEMPORAL_DEPLOYMENT_NAME: deployment, TEMPORAL_WORKER_BUILD_ID: build } = settings;
  const version = deployment && { deployment, build };
  log.info({ address, namespace, queue: worker.options.taskQueue, ...version }, 'the worker is ready');
  await worker.run();
  await sink.close();
  await connection.close();
  log.info('the worker has stopped');
}

/** @throws KeyturnError `invalid` naming the variable. */
function settingsOf(env: NodeJS.ProcessEnv): Settings {
  const { data, error } = settingsSchema.safeParse(env);
  if (data) return data;
  const [issue] = error.issues;
  throw new KeyturnError('invalid', `the environment variable ${issue?.path.join('.')}: ${issue?.message}`);
}

await main().catch((error: unknown) => {
  const known = error instanceof KeyturnError;
  const { kind, fix } = known ? error : { kind: 'unexpected', fix: undefined };
  processLog('error').error({ kind, ...(fix && { fix }) }, known ? error.message : `the worker cannot start: ${error}`);
  process.exit(known && retryable(error.kind) ? 69 : 1);
});
