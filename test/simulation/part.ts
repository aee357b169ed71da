import { scenarioOf } from './scenario.ts';
import { simulate } from './simulate.ts';
import { count, newTally, type Tally } from './tally.ts';

/** What one process does: every so-and-so-many-th seed of a range. */
export interface Part {
  from: number;
  to: number;
  step: number;
  /** Stops at the first seed that breaks an invariant. */
  stopAtFirst: boolean;
}

export interface PartResult {
  tally: Tally;
  /** Seeds that broke an invariant. */
  broken: number[];
  /** The first invariant that each of them broke. */
  invariants: string[];
}

export async function runPart(
  { from, step, stopAtFirst, to }: Part,
  progress: (done: number) => void,
): Promise<PartResult> {
  const result: PartResult = { tally: newTally(), broken: [], invariants: [] };
  for (let seed = from; seed < to; seed += step) {
    const report = await simulate(scenarioOf(seed));
    count(result.tally, report);
    const [violation] = report.violations;
    if (violation) {
      result.broken.push(seed);
      result.invariants.push(`${violation.invariant} (${violation.what})`);
    }
    if (stopAtFirst && result.broken.length > 0) break;
    if (result.tally.runs % 50 === 0) progress(result.tally.runs);
  }
  return result;
}

if (process.send && process.argv[2]) {
  const part: Part = JSON.parse(process.argv[2]);
  const result = await runPart(part, (done) => process.send?.({ done }));
  process.send({ result }, () => process.disconnect());
}
