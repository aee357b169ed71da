import { loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection, Runtime } from '@temporalio/worker';
import { settingsSchema } from '../contract/index.ts';
import { contractLog, processLog, sdkLogger } from './log.ts';
import { createWorker } from './worker.ts';

/** The worker process: works until SIGTERM or SIGINT, then lets its activities come to an end. */
async function main(): Promise<void> {
  const settings = settingsSchema.parse(process.env);
  const log = processLog(settings.KEYTURN_LOG);
  Runtime.install({ logger: sdkLogger(log) });
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
  const address = connectionOptions.address ?? 'localhost:7233';
  const connection = await NativeConnection.connect({ ...connectionOptions, address }).catch(() => {
    log.error({ address }, `no Temporal answers at ${address}: set TEMPORAL_ADDRESS, or start one with keyturn up`);
    process.exit(69);
  });
  const { worker, sink } = await createWorker({ connection, namespace, settings, log: contractLog(log) });
  log.info({ address, namespace, queue: worker.options.taskQueue }, 'the worker is ready');
  await worker.run();
  await sink.close();
  await connection.close();
  log.info('the worker has stopped');
}

await main();
