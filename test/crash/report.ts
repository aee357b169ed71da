import type { Options } from './options.ts';
import type { Kill, Tally } from './tally.ts';
import { boundaries } from './worker/points.ts';

/** Prints the table. @returns whether all was done and all is well. */
export function report(tally: Tally, { killsMin, rounds, seed }: Options, tookMs: number): boolean {
  const { kills, violations } = tally;
  const isComplete = !rounds.includes('kills') || kills.length >= killsMin;
  console.log(`\nKills by step and boundary (${kills.length})`);
  console.table(byStep(kills));
  console.log('What else was done');
  console.table(Object.fromEntries(tally.faults));
  console.log('All in all');
  console.table({
    'boundaries of clean runs': tally.boundaries.needed,
    'of these a worker died at': tally.boundaries.met,
    ...Object.fromEntries([...tally.ends].map(([outcome, count]) => [`rotations ${outcome}`, count])),
    'quarantined meanwhile': tally.quarantined,
    probes: tally.probes,
    'probes nobody answered': tally.unanswered,
    violations: violations.length,
    seconds: Math.round(tookMs / 1_000),
    seed,
  });
  for (const name of tally.unmet) console.log(`not met: ${name}`);
  for (const line of violations) console.log(`VIOLATION ${line}`);
  if (!isComplete) console.log(`INCOMPLETE: ${kills.length} of ${killsMin} kills in the time (see --minutes)`);
  console.log(violations.length === 0 ? 'Nothing was lost.' : `${violations.length} violations.`);
  return isComplete && violations.length === 0;
}

function byStep(kills: readonly Kill[]): Record<string, Record<string, number>> {
  const columns = [...boundaries, 'all'] as const;
  const table: Record<string, Record<string, number>> = {};
  for (const { boundary, step } of kills) {
    for (const row of [step, 'all steps']) {
      const counts = table[row] ?? Object.fromEntries(columns.map((column) => [column, 0]));
      table[row] = counts;
      counts[boundary] = (counts[boundary] ?? 0) + 1;
      counts.all = (counts.all ?? 0) + 1;
    }
  }
  const { 'all steps': sum, ...steps } = table;
  return sum ? { ...steps, 'all steps': sum } : steps;
}
