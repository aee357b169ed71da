import fc from 'fast-check';
import { type Scenario, scenarioOf, scenariosOf } from './scenario.ts';
import { type Report, simulate } from './simulate.ts';

export interface Failure {
  seed: number;
  scenario: Scenario;
  report: Report;
}

/** How many simpler stories are tried. */
const triesMax = 400;

/** The simplest story found that breaks the same invariant as this seed's. @returns undefined where none is broken. */
export async function failureOf(seed: number): Promise<Failure | undefined> {
  const scenario = scenarioOf(seed);
  const report = await simulate(scenario);
  const [broken] = report.violations;
  if (!broken) return undefined;
  let simplest: Failure = { seed, scenario, report };
  let tries = 0;
  const holds = fc.asyncProperty(fc.noBias(scenariosOf(seed)), async (simpler) => {
    if (++tries > triesMax) return true;
    const tried = await simulate(simpler);
    const isSame = tried.violations[0]?.invariant === broken.invariant;
    if (isSame && tried.trace.length <= simplest.report.trace.length)
      simplest = { seed, scenario: simpler, report: tried };
    return !isSame;
  });
  await fc.check(holds, { seed, numRuns: 1 });
  return simplest;
}

export function inWords({ seed, scenario, report }: Failure): string {
  const [broken] = report.violations;
  return [
    `seed ${seed}: ${broken?.invariant}: ${broken?.what}`,
    'the simplest story found that does the same:',
    JSON.stringify(scenario, null, 1),
    ...report.trace.map((line) => `  ${line}`),
    `again: npm run simulate -- --seed ${seed}`,
  ].join('\n');
}
