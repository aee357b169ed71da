// Declares a fleet of credentials in use compromised, and looks from outside what becomes of it: `node test/drill/main.ts --help`.
import { type Options, optionsFrom } from './options.ts';
import { run } from './run.ts';

// What stands on its own, servers and workers, is ended by what runs at an exit.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

function optionsOrUsage(): Options | undefined {
  try {
    return optionsFrom(process.argv.slice(2));
  } catch (error) {
    console.error(`${(error as Error).message}\nSee npm run drill:compromise -- --help`);
    process.exit(2);
  }
}

const options = optionsOrUsage();
if (options) process.exit((await run(options)) ? 0 : 1);
