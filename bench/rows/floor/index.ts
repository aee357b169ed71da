import { startOnPostgres } from '../../cluster/start.ts';
import { type Server, startDev } from '../../engine.ts';
import { type Bench, type Engine, engines, type Finding, type Row } from '../../row.ts';
import { openStand } from '../../stand.ts';
import { openLanes } from './lanes.ts';
import { type Amount, measureLanes } from './measure.ts';
import { tell } from './tell.ts';

const amounts: Record<'quick' | 'full', Amount> = {
  quick: { runs: 3, atOnce: 20, times: 20, alone: 2 },
  full: { runs: 5, atOnce: 20, times: 100, alone: 30 },
};

/** How near a rotation comes to a workflow of the same shape that does nothing. */
export const floor: Row = {
  name: 'floor',
  about: 'rotations beside a workflow with as many activities and timers of the same sizes, which does nothing',
  async run(bench) {
    const findings: Finding[] = [];
    for (const engine of engines.filter((each) => !bench.engines.includes(each)))
      bench.say(`not measured: the engine ${engine}, which was not asked for (--engine ${engine})`);
    for (const engine of bench.engines) {
      const measured = await measureOn(bench, engine).catch((error: Error) => notHere(bench, engine, error));
      findings.push(...measured);
    }
    return findings;
  },
};

async function measureOn(bench: Bench, engine: Engine): Promise<Finding[]> {
  const amount = bench.quick ? amounts.quick : amounts.full;
  const stand = await openStand(bench, (folder) => start(bench, engine, folder));
  const lanes = await openLanes(bench, stand, amount.times);
  return tell(engine, lanes, await measureLanes(bench, stand, lanes, amount), amount.atOnce);
}

/** A server on PostgreSQL has to be built, which needs Go and a network: without it the other engine's figures stand. */
function notHere(bench: Bench, engine: Engine, error: Error): Finding[] {
  if (engine === 'dev') throw error;
  bench.say(`not measured: the engine ${engine}: ${error.message}`);
  return [];
}

function start(bench: Bench, engine: Engine, folder: string): Promise<Server> {
  return engine === 'dev' ? startDev() : startOnPostgres(folder, bench.say);
}
