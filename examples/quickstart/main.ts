import { readOptions, usage } from './options.ts';
import { show } from './show.ts';

/** Node says what is wrong with an option; the rest is the quickstart's. */
async function main(): Promise<number> {
  try {
    const options = readOptions(process.argv.slice(2));
    if (!options.help) return await show(options);
    process.stdout.write(usage);
    return 0;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    process.stderr.write(`${error.message}\n\n${usage}`);
    return 2;
  }
}

process.exit(await main());
