// A worker for workflows that do nothing, as plain as Temporal's library makes it.
import { NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { processLog, sdkLogger } from '../../../workers/log.ts';
import { padding } from '../../history/padding.ts';

const { BENCH_FLOOR_BUNDLE = '', BENCH_FLOOR_QUEUE = '', TEMPORAL_ADDRESS = '' } = process.env;

const log = processLog('info');
Runtime.install({ logger: sdkLogger(log) });
const connection = await NativeConnection.connect({ address: TEMPORAL_ADDRESS });
const worker = await Worker.create({
  connection,
  taskQueue: BENCH_FLOOR_QUEUE,
  workflowBundle: { codePath: BENCH_FLOOR_BUNDLE },
  activities: { nothing: async ({ give }: { give: number }) => padding(give) },
});
log.info({ queue: BENCH_FLOOR_QUEUE }, 'the worker is ready');
await worker.run();
await connection.close();
