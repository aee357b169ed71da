import type { Command } from '@commander-js/extra-typings';
import { shellOf, withGlobals } from '../shell.ts';
import { onStopSignal, startWorker } from '../worker-process.ts';

export function addWorker(program: Command): void {
  withGlobals(program.command('worker'))
    .description('Run one worker until it is stopped. It takes its settings from the environment.')
    .option('--site <site>', 'serve this site only (default: $KEYTURN_SITE, else the main queue)')
    .addHelpText('after', '\nExample:\n  $ TEMPORAL_ADDRESS=temporal.internal:7233 keyturn worker --site berlin')
    .action(async ({ site }, command) => {
      const { env } = shellOf(command);
      process.exitCode = await runWorker(site === undefined ? env : { ...env, KEYTURN_SITE: site });
    });
}

/** @returns the worker's own exit code. */
async function runWorker(env: NodeJS.ProcessEnv): Promise<number> {
  const worker = startWorker(env);
  const stopListening = onStopSignal((signal) => worker.signal(signal));
  try {
    return await worker.ended;
  } finally {
    stopListening();
  }
}
