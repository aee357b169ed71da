import { overEngines } from '../../engines.ts';
import type { Row } from '../../row.ts';
import { openLanes } from './lanes.ts';
import { type Amount, measureLanes } from './measure.ts';
import { tell } from './tell.ts';

const amounts: Record<'quick' | 'full', Amount> = {
  quick: { runs: 2, atOnce: 20, times: 20, alone: 2 },
  full: { runs: 5, atOnce: 20, times: 100, alone: 30 },
};

/** How near a rotation comes to a workflow of the same shape that does nothing. */
export const floor: Row = {
  name: 'floor',
  about: 'rotations beside a workflow with as many activities and timers of the same sizes, which does nothing',
  run(bench) {
    const amount = bench.quick ? amounts.quick : amounts.full;
    return overEngines(bench, async (part, stand, engine) => {
      const lanes = await openLanes(part, stand, amount.times);
      return tell(engine, lanes, await measureLanes(part, stand, lanes, amount), amount.atOnce);
    });
  },
};
