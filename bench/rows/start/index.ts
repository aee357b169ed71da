import type { Bench, Finding, Row } from '../../row.ts';
import { commandStarts } from './commands.ts';
import { unpackedIn } from './package.ts';
import { sizes } from './sizes.ts';
import { openStand } from './stand.ts';
import { workerStarts } from './workers.ts';

export const start: Row = {
  name: 'start',
  about: 'until a command or a worker does something, and how large the package is',
  run,
};

async function run(bench: Bench): Promise<Finding[]> {
  const stand = await openStand(bench);
  bench.say('building and packing');
  const installed = await unpackedIn(stand.folder);
  const workers = await workerStarts(bench, stand, installed);
  return [...(await commandStarts(bench, stand, installed)), ...workers, ...(await sizes(installed))];
}
