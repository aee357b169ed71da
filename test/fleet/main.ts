// Rotates a large fleet while workers are killed and the server is restarted: `node test/fleet/main.ts --help`.
import { parseArgs } from 'node:util';
import { run } from './run.ts';

// What stands on its own, servers and workers, is ended by what runs at an exit.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

const help = `Rotates a fleet of AWS access keys while two workers are killed and the Temporal server is restarted once, and counts the keys.

  node test/fleet/main.ts [--count N] [--at-once N] [--keep]

  --count    so many credentials (default 200)
  --at-once  so many rotate at a time (default 20)
  --keep     leaves logs and databases, and says where

Exit code 1 when not all were rotated, or a key was lost.`;

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '200' },
    'at-once': { type: 'string', default: '20' },
    keep: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) console.log(help);
else {
  const options = { count: Number(values.count), atOnce: Number(values['at-once']), keep: values.keep };
  process.exit((await run(options)) ? 0 : 1);
}
