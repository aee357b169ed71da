// A worker as workers/main.ts starts it, which also knows connectors that do nothing, and can keep its audit in memory.
import { makeTelemetryFilterString, NativeConnection, Runtime } from '@temporalio/worker';
import { loadAudit, loadConsumer, loadProvider, loadVault } from '../connectors/load.ts';
import { settingsSchema } from '../contract/index.ts';
import { contractLog, processLog, sdkLogger } from '../workers/log.ts';
import { createWorker } from '../workers/worker.ts';
import * as nothing from './nothing/index.ts';

const { BENCH_AUDIT, BENCH_BUNDLE = '', BENCH_QUEUE, TEMPORAL_ADDRESS = '' } = process.env;

const log = processLog('info');
const logging = { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }) };
Runtime.install({ logger: sdkLogger(log), telemetryOptions: { logging } });
const connection = await NativeConnection.connect({ address: TEMPORAL_ADDRESS });
const { worker, sink } = await createWorker({
  connection,
  namespace: 'default',
  settings: settingsSchema.parse(process.env),
  log: contractLog(log),
  workflowBundle: { codePath: BENCH_BUNDLE },
  ...(BENCH_QUEUE === undefined ? {} : { taskQueue: BENCH_QUEUE }),
  load: {
    loadProvider: async (name) => (name === 'nothing' ? nothing.provider : loadProvider(name)),
    loadVault: async (name) => (name === 'nothing' ? nothing.vault : loadVault(name)),
    loadConsumer: async (name) => (name === 'nothing' ? nothing.consumer : loadConsumer(name)),
    loadAudit: async (name) => (BENCH_AUDIT === 'memory' ? nothing.audit : loadAudit(name)),
  },
});
log.info({ address: TEMPORAL_ADDRESS, queue: worker.options.taskQueue }, 'the worker is ready');
await worker.run();
await sink.close();
await connection.close();
