import type { Command } from '@commander-js/extra-typings';
import { shellOf, withGlobals } from '../shell.ts';
import { onStopSignal, startWorker } from '../worker-process.ts';

export function addWorker(program: Command): void {
  withGlobals(program.command('worker'))
    .description('Run one worker until it is stopped. It takes its settings from the environment.')
    .option('--site <site>', 'serve this site only (default: $KEYTURN_SITE, else the main queue)')
    .option('--health', 'ask the worker that runs here, at $KEYTURN_HEALTH, whether it is healthy')
    .addHelpText('after', '\nExample:\n  $ TEMPORAL_ADDRESS=temporal.internal:7233 keyturn worker --site berlin')
    .action(async ({ health, site }, command) => {
      const shell = shellOf(command);
      if (health) {
        const { askHealth } = await import('../health.ts');
        process.exitCode = await askHealth(shell);
        return;
      }
      const { env } = shell;
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
