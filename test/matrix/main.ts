import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from '@commander-js/extra-typings';
import { allShapes, oneOfEachKind } from './shapes.ts';
import { ends, inTable, missing, nameOf } from './table.ts';
import type { Tale } from './tale.ts';
import { tell } from './tell.ts';
import type { Broken } from './unit.ts';
import { unitsOf } from './units.ts';
import { runAll } from './work.ts';

/** Prints no more than a person can look at. */
const shownMax = 3;
const traceLinesMax = 40;
/** Together ten minutes on two cores. */
const dealOfAll = 23;
const dealOfQuick = 2;

const command = new Command('faults')
  .description(
    'Puts every kind of fault into every call of every step, forwards and back, and looks at the invariants.',
  )
  .option('--quick', 'one shape for each kind of provider', false)
  .option('--deal <count>', 'of so many cells of a shape one is told; 1 tells all', whole)
  .option('--processes <count>', 'how many at once', whole, availableParallelism())
  .option('--keep <folder>', 'writes the stories that break an invariant into files')
  .option('--tale <file>', 'tells one such story, with its trace')
  .addHelpText('after', '\nExit codes: 0 no violation, 1 violations, or a step in which nothing was tried.')
  .parse();

function whole(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new InvalidArgumentError('a whole number, 1 or more');
}

const options = command.opts();
process.exitCode = options.tale === undefined ? await many() : await one(options.tale);

async function one(file: string): Promise<number> {
  const tale: Tale = JSON.parse(readFileSync(file, 'utf8'));
  const { end, trace, violations } = await tell(tale);
  console.log([...trace, `it ended ${end?.outcome}`].join('\n'));
  return violations.length > 0 ? 1 : 0;
}

async function many(): Promise<number> {
  const { deal, keep, processes, quick } = options;
  const startedMs = Date.now();
  const seconds = () => Math.round((Date.now() - startedMs) / 1_000);
  const units = unitsOf(quick ? oneOfEachKind() : allShapes(), deal ?? (quick ? dealOfQuick : dealOfAll));
  let cells = 0;
  let done = 0;
  const { broken, counts } = await runAll(units, processes, (result) => {
    cells += result.cells;
    done += 1;
    process.stderr.write(`\r${done} of ${units.length} parts, ${cells} cells, ${seconds()} s`);
  });
  process.stderr.write('\n');
  console.log(`${inTable(counts)}\n\n${ends(counts)}\n`);
  for (const each of broken.slice(0, shownMax)) console.log(`${inWords(each)}\n`);
  if (keep !== undefined) keepAll(broken, keep);
  const untried = missing(counts);
  if (untried.length > 0) console.log(`nothing was tried in: ${untried.join('; ')}`);
  console.log(`cells ${cells}, violations ${broken.length}, ${seconds()} s`);
  return broken.length + untried.length > 0 ? 1 : 0;
}

function inWords({ site, tale, trace, violations }: Broken): string {
  const [first] = violations;
  return [
    `${first?.invariant}: ${first?.what}`,
    `${tale.shape}; ${tale.turn}; ${site ? `${nameOf(site)}: ${site.call}` : 'no fault'}`,
    JSON.stringify(tale),
    ...trace.slice(-traceLinesMax).map((line) => `  ${line}`),
  ].join('\n');
}

function keepAll(broken: readonly Broken[], folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const [index, { tale }] of broken.entries()) {
    writeFileSync(join(folder, `tale-${index + 1}.json`), JSON.stringify(tale, null, 1));
  }
}
