import { setTimeout as sleep } from 'node:timers/promises';
import { Command, InvalidArgumentError } from '@commander-js/extra-typings';
import { compactPace } from '../world/pace.ts';
import { areAlike, difference, otherwiseCalled } from './real-compare.ts';
import { ruleAgainst, rules } from './real-portable.ts';
import { openStage, type Stage } from './real-stage.ts';
import { type RealReport, tellReally } from './real-story.ts';
import { scenarioOf } from './scenario.ts';
import { type Report, simulate } from './simulate.ts';

/** Stories begin one after another: a cold worker would keep all of them waiting at once. */
const apartMs = 400;
const oddAtOnce = 8;

const command = new Command('simulate-real')
  .description('Tells stories under virtual time and on a real Temporal server: they have to end alike.')
  .option('--seeds <count>', 'how many stories', whole, 200)
  .option('--from <seed>', 'the first seed', whole, 1)
  .option('--seed <seed>', 'one story', whole)
  .option('--at-once <count>', 'how many at once', whole, 48)
  .addHelpText('after', '\nExit codes: 0 all alike, 1 one differs or breaks an invariant.')
  .parse();

function whole(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new InvalidArgumentError('a whole number');
}

interface Told {
  seed: number;
  virtual: Report;
  real?: RealReport;
  /** The first telling, where it went otherwise and the story was told again. */
  first?: RealReport;
}

const options = command.opts();
const startedMs = Date.now();
const seconds = () => `${Math.round((Date.now() - startedMs) / 1_000)} s`;
const skipped = new Map<string, number>(rules.map(({ name }) => [name, 0]));

const chosen = options.seed === undefined ? firstPortable(options.seeds) : [options.seed];
const stories: Told[] = [];
for (const seed of chosen) stories.push({ seed, virtual: await simulate(scenarioOf(seed), compactPace) });
console.error(`${stories.length} stories told under virtual time, ${seconds()}`);
const stage = await openStage(console.error);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void stage.abandon().finally(() => process.exit(130)));
}
await tellAll(stage, stories, options.atOnce, '');
// A busy machine lets the time of a step pass; what is wrong is wrong again when few stories are told at once.
const odd = stories.filter(isOdd);
for (const story of odd) if (story.real) story.first = story.real;
await tellAll(stage, odd, oddAtOnce, ' again');
const exitCode = report(stage, stories);
await stage.stop();
// What was never to be answered is not waited for.
process.exit(exitCode);

function firstPortable(count: number): number[] {
  const found: number[] = [];
  for (let seed = options.from; found.length < count; seed += 1) {
    const rule = ruleAgainst(scenarioOf(seed));
    if (rule) skipped.set(rule.name, 1 + (skipped.get(rule.name) ?? 0));
    else found.push(seed);
  }
  return found;
}

/** The longest first, so that none is left over at the end. */
async function tellAll(on: Stage, all: Told[], atOnce: number, suffix: string): Promise<void> {
  const queue = all.toSorted((a, b) => b.virtual.virtualMs - a.virtual.virtualMs);
  let done = 0;
  const teller = async (_: unknown, index: number) => {
    await sleep(index * apartMs);
    for (let next = queue.shift(); next; next = queue.shift()) {
      next.real = await tellReally(scenarioOf(next.seed), `real/seed-${next.seed}${suffix.trim()}`, on, compactPace);
      if (!areAlike(next.virtual, next.real)) console.log(`\n${difference(next.seed, next.virtual, next.real)}`);
      done += 1;
      process.stderr.write(`\r${done} of ${all.length} stories told${suffix} on a real server, ${seconds()} `);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, all.length) }).map(teller));
  process.stderr.write('\n');
}

function isOdd({ real, virtual }: Told): boolean {
  return real !== undefined && (!areAlike(virtual, real) || real.violations.length > 0);
}

/** Whatever the machine does, these never happen. */
function breaksForSure({ first }: Told): boolean {
  return (
    first?.violations.some(({ invariant }) => !['operators can leave', 'no surprise'].includes(invariant)) ?? false
  );
}

/** @returns the exit code. */
function report(on: Stage, all: Told[]): number {
  const told = all.flatMap((each) => (each.real ? [{ ...each, real: each.real }] : []));
  const broken = told.filter(
    (each) => each.real.violations.length + each.virtual.violations.length > 0 || breaksForSure(each),
  );
  const differing = told.filter(({ real, virtual }) => !areAlike(virtual, real));
  const [world] = on.worlds.values();
  for (const line of on.logged) world?.shown(line, 'the log');
  for (const { first, real, seed, virtual } of broken) {
    console.log(
      `\nseed ${seed} breaks ${JSON.stringify({ first: first?.violations, real: real.violations, virtual: virtual.violations })}`,
    );
    if (!differing.some((each) => each.seed === seed)) console.log(real.trace.join('\n'));
  }
  const rows: [string, number][] = [
    ['stories told', told.length],
    ['rotations on a real server', told.reduce((sum, { real }) => sum + real.ends.length, 0)],
    ['calls into the world', sumOfCalls(told)],
    ['faults that struck', told.reduce((sum, { real }) => sum + real.struck.length, 0)],
    [
      'same number of calls of each name',
      told.filter((each) => otherwiseCalled(each.virtual, each.real).length === 0).length,
    ],
    ['told again, with few others', told.filter(({ first }) => first !== undefined).length],
    ['end alike', told.length - differing.length],
    ['differ', differing.length],
    ['break an invariant', broken.length],
    ...[...skipped].map(([name, count]): [string, number] => [`left out: ${name}`, count]),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  for (const [name, value] of rows) console.log(`${name.padEnd(width)}  ${String(value).padStart(7)}`);
  console.log(`in ${seconds()}`);
  const leaks = world?.violations.some(({ invariant }) => invariant === 'no plaintext') ?? false;
  return differing.length > 0 || broken.length > 0 || leaks ? 1 : 0;
}

function sumOfCalls(told: { real: RealReport }[]): number {
  return told.reduce((sum, { real }) => sum + [...real.calls.values()].reduce((all, each) => all + each, 0), 0);
}
