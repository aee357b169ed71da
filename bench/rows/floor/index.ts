import { startDev } from '../../engine.ts';
import type { Bench, Finding, Row } from '../../row.ts';
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
    for (const engine of bench.engines) findings.push(...(await measureOn(bench, engine)));
    return findings;
  },
};

async function measureOn(bench: Bench, engine: string): Promise<Finding[]> {
  const amount = bench.quick ? amounts.quick : amounts.full;
  const stand = await openStand(bench, () => startDev());
  const lanes = await openLanes(bench, stand, amount.times);
  return tell(engine, lanes, await measureLanes(bench, stand, lanes, amount), amount.atOnce);
}
