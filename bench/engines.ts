import { startOnPostgres } from './cluster/start.ts';
import { startDev } from './engine.ts';
import { type Bench, type Engine, engines, type Finding } from './row.ts';
import { within } from './scope.ts';
import { openStand, type Stand } from './stand.ts';

/** The same on each Temporal server that was asked for, one after the other. */
export async function overEngines(
  bench: Bench,
  measure: (bench: Bench, stand: Stand, engine: Engine) => Promise<Finding[]>,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const engine of engines) {
    if (bench.engines.includes(engine)) findings.push(...(await overOne(bench, engine, measure)));
    else bench.say(`not measured: the engine ${engine}, which was not asked for (--engine ${engine})`);
  }
  return findings;
}

function overOne(bench: Bench, engine: Engine, measure: Parameters<typeof overEngines>[1]): Promise<Finding[]> {
  return within(bench, async (part) => {
    const stand = await standOn(part, engine);
    return stand ? measure(part, stand, engine) : [];
  });
}

/** @returns undefined where a server on PostgreSQL cannot be had: it is built, which needs Go and a network. */
async function standOn(bench: Bench, engine: Engine): Promise<Stand | undefined> {
  if (engine === 'dev') return openStand(bench, () => startDev());
  try {
    return await openStand(bench, (folder) => startOnPostgres(folder, bench.say));
  } catch (error) {
    bench.say(`not measured: the engine ${engine}: ${(error as Error).message}`);
    return undefined;
  }
}
