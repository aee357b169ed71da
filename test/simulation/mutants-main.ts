import { availableParallelism } from 'node:os';
import { inProcess } from './fork.ts';
import { mutants } from './mutants.ts';

/** Each mutant has to be caught within so many seeds. */
const seedsMax = 1_000;

/** Runs the simulation over each mutant, and says at which seed it was caught, and by which invariant. */
const lanes = Array.from({ length: availableParallelism() }, (_, lane) => lane);
const rows: { name: string; seed: number | undefined; invariant: string }[] = [];
/** Only those whose names have this in them. */
const [wanted = ''] = process.argv.slice(2);
const left = mutants.filter(({ name }) => name.includes(wanted));
await Promise.all(
  lanes.map(async () => {
    for (let mutant = left.shift(); mutant; mutant = left.shift()) {
      const { broken, invariants } = await inProcess(
        { from: 1, to: 1 + seedsMax, step: 1, stopAtFirst: true },
        undefined,
        mutant.name,
      );
      rows.push({ name: mutant.name, seed: broken[0], invariant: invariants[0] ?? '' });
      console.log(
        `${mutant.name.padEnd(50)} ${broken[0] === undefined ? 'NOT CAUGHT' : `seed ${broken[0]}: ${invariants[0]}`}`,
      );
    }
  }),
);
const missed = rows.filter(({ seed }) => seed === undefined);
console.log(`${rows.length - missed.length} of ${rows.length} mutants caught within ${seedsMax} seeds`);
process.exitCode = missed.length > 0 ? 1 : 0;
