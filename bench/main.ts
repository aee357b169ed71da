// Measures how fast a rotation is, what it costs, and how that grows: `npm run bench -- --help`.
import { type Options, optionsFrom } from './options.ts';
import type { Row } from './row.ts';
import { compromise } from './rows/compromise/index.ts';
import { cost } from './rows/cost/index.ts';
import { fleet } from './rows/fleet/index.ts';
import { floor } from './rows/floor/index.ts';
import { idle } from './rows/idle/index.ts';
import { script } from './rows/script/index.ts';
import { start } from './rows/start/index.ts';
import { workers } from './rows/workers/index.ts';
import { run } from './run.ts';

const rows: readonly Row[] = [floor, workers, script, cost, fleet, compromise, idle, start];

function optionsOrUsage(): Options | undefined {
  try {
    return optionsFrom(
      process.argv.slice(2),
      rows.map(({ name }) => name),
    );
  } catch (error) {
    console.error(`${(error as Error).message}\nSee npm run bench -- --help`);
    process.exit(2);
  }
}

const options = optionsOrUsage();
if (options) process.exit(await run(rows, options));
