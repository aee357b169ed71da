import { availableParallelism } from 'node:os';
import { Command, InvalidArgumentError } from '@commander-js/extra-typings';
import { inProcess } from './fork.ts';
import { scenarioOf } from './scenario.ts';
import { failureOf, inWords } from './shrink.ts';
import { simulate } from './simulate.ts';
import { add, inTable, newTally } from './tally.ts';

/** Prints no more failures than a person can look at. */
const shownMax = 3;
const firstSeed = 1;

const command = new Command('simulate')
  .description(
    'Tells stories of rotations under virtual time, each drawn from a seed, and looks at the invariants after every event.',
  )
  .option('--seeds <count>', 'how many stories', whole, 1_000)
  .option('--from <seed>', 'the first seed', whole, firstSeed)
  .option('--seed <seed>', 'one story, with its trace', whole)
  .option('--processes <count>', 'how many at once', whole, availableParallelism())
  .option('--stop', 'stop at the first seed that breaks an invariant', false)
  .addHelpText('after', '\nExample:\n  npm run simulate -- --seeds 10000\n\nExit codes: 0 no violation, 1 violations.')
  .parse();

function whole(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 0) return number;
  throw new InvalidArgumentError('a whole number');
}

const options = command.opts();
process.exitCode = options.seed === undefined ? await many() : await one(options.seed);

async function one(seed: number): Promise<number> {
  const { ends, trace } = await simulate(scenarioOf(seed));
  const failure = await failureOf(seed);
  console.log([JSON.stringify(scenarioOf(seed), null, 1), ...trace].join('\n'));
  console.log(failure ? inWords(failure) : `no violation; it ended ${ends.map(({ outcome }) => outcome).join(', ')}`);
  return failure ? 1 : 0;
}

async function many(): Promise<number> {
  const { from, processes, seeds, stop } = options;
  const startedMs = Date.now();
  const done = new Map<number, number>();
  const progress = (index: number, count: number) => {
    done.set(index, count);
    const total = [...done.values()].reduce((sum, each) => sum + each, 0);
    process.stderr.write(`\r${total} of ${seeds} seeds, ${Math.round((Date.now() - startedMs) / 1_000)} s`);
  };
  const parts = Array.from({ length: Math.max(1, processes) }, (_, index) =>
    inProcess({ from: from + index, to: from + seeds, step: processes, stopAtFirst: stop }, (count) =>
      progress(index, count),
    ),
  );
  const results = await Promise.all(parts);
  process.stderr.write('\n');
  const tally = newTally();
  for (const result of results) add(tally, result.tally);
  console.log(`${inTable(tally)}\nin ${Math.round((Date.now() - startedMs) / 1_000)} s of real time`);
  const broken = results.flatMap((result) => result.broken).sort((a, b) => a - b);
  for (const seed of broken.slice(0, shownMax)) {
    const failure = await failureOf(seed);
    if (failure) console.log(`\n${inWords(failure)}`);
  }
  if (broken.length > 0) console.log(`\nseeds that break an invariant: ${broken.join(', ')}`);
  return broken.length > 0 ? 1 : 0;
}
