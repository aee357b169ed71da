// A worker as workers/main.ts starts it, which stands at every boundary until its parent says whether it dies there.
import { makeTelemetryFilterString, NativeConnection, Runtime } from '@temporalio/worker';
import { settingsSchema } from '../../../contract/index.ts';
import { contractLog, processLog, sdkLogger } from '../../../workers/log.ts';
import { createWorker } from '../../../workers/worker.ts';
import { hookedLoaders, stopAtReturns, stopper } from './hooks.ts';
import { askParent } from './points.ts';

const { CRASH_BUNDLE = '', CRASH_QUEUE = '', TEMPORAL_ADDRESS = '' } = process.env;

process.on('disconnect', () => process.exit());

const log = processLog('debug');
const logging = { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }) };
Runtime.install({ logger: sdkLogger(log), telemetryOptions: { logging } });
const stop = stopper(askParent());
stopAtReturns(stop);
const connection = await NativeConnection.connect({ address: TEMPORAL_ADDRESS });
const { worker } = await createWorker({
  connection,
  namespace: 'default',
  settings: settingsSchema.parse(process.env),
  log: contractLog(log),
  workflowBundle: { codePath: CRASH_BUNDLE },
  taskQueue: CRASH_QUEUE,
  load: hookedLoaders(stop),
  // With a cache Temporal would wait ten seconds for the dead worker to go on with its workflow.
  maxCachedWorkflows: 0,
});
const running = worker.run();
process.send?.('ready');
await running;
process.exit();
