import { costOf } from '../../history/count.ts';
import { waitsOf } from '../../history/waits.ts';
import { number } from '../../print.ts';
import type { Finding } from '../../row.ts';
import { found, median, percentile, ratios } from '../../stats.ts';
import type { LaneName, Lanes } from './lanes.ts';
import type { Loop, Measured } from './measure.ts';

const aims: Partial<Record<LaneName, number>> = { nothing: 0.85, real: 0.6 };

/** @param on which engine: for the reader. */
export function tell(on: string, lanes: Lanes, measured: Measured, atOnce: number): Finding[] {
  const names = Object.keys(lanes) as LaneName[];
  const { loaded } = measured;
  const floorRate = `the engine floor in the same run: ${number(median(rates(loaded.floor)))} a second`;
  const about = (name: LaneName) => `${on}, ${lanes[name].about}`;
  return [
    ...names.map((name) =>
      found(
        `${about(name)}: ${atOnce} at once`,
        'a second',
        rates(loaded[name]),
        name === 'floor' ? {} : { comparedTo: floorRate },
      ),
    ),
    ...names.filter((name) => name !== 'floor').map((name) => ratio(about(name), name, loaded)),
    ...names.flatMap((name) => [
      ...times(`${about(name)}: one alone`, measured.alone[name]),
      ...times(`${about(name)}: ${atOnce} at once`, loaded[name]),
    ]),
    ...names.flatMap((name) => processor(about(name), loaded[name])),
    ...names.flatMap((name) => whereItGoes(about(name), name, measured)),
  ];
}

const rates = (loops: readonly Loop[]) => loops.map(({ perSecond }) => perSecond);

function ratio(about: string, name: LaneName, loaded: Measured['loaded']): Finding {
  const samples = ratios(rates(loaded[name]), rates(loaded.floor));
  const aim = aims[name];
  const comparedTo = 'rate of the engine floor, run by run';
  if (aim === undefined) return found(`${about}: of the floor`, 'ratio', samples, { comparedTo });
  const met = median(samples) >= aim;
  const why = met ? {} : { why: whyNot(loaded[name], loaded.floor) };
  return found(`${about}: of the floor`, 'ratio', samples, {
    comparedTo,
    aim: { text: `at least ${aim}`, met, ...why },
  });
}

/** On a machine that is full, processor time is what is short. */
function whyNot(loops: readonly Loop[], floor: readonly Loop[]): string {
  const beside = (of: 'serverMs' | 'workerMs') =>
    `${number(medianOf(loops, of))} beside ${number(medianOf(floor, of))} ms`;
  return `processor time of each, beside the floor's: worker ${beside('workerMs')}, server ${beside('serverMs')}`;
}

function medianOf(loops: readonly Loop[], of: 'serverMs' | 'workerMs'): number {
  return median(loops.map((loop) => loop[of] ?? Number.NaN));
}

function times(what: string, loops: readonly Loop[]): Finding[] {
  const each = loops.flatMap((loop) => loop.each);
  return [50, 99].map((percent) => ({
    what: `${what}, p${percent}`,
    unit: 'ms',
    median: percentile(each, percent),
    runs: each.length,
    spread: { least: Math.min(...each), most: Math.max(...each) },
  }));
}

function processor(about: string, loops: readonly Loop[]): Finding[] {
  return (['server', 'worker'] as const).flatMap((who) => {
    const samples = loops.flatMap((loop) => loop[`${who}Ms`] ?? []);
    return samples.length === 0 ? [] : [found(`${about}: processor time of the ${who}, each`, 'ms', samples)];
  });
}

/** Of one alone: its size beside that of the floor, and where its time goes. */
function whereItGoes(about: string, name: LaneName, { histories }: Measured): Finding[] {
  const { bytes, events } = costOf(histories[name]);
  const floor = costOf(histories.floor);
  const { activityRuns, activityWaits, taskRuns, taskWaits, whole } = waitsOf(histories[name]);
  const comparedTo = `of ${number(whole)} ms in all, one alone`;
  const size = `the floor: ${floor.events} events, ${number(floor.bytes / 1_024)} KiB`;
  return [
    { what: `${about}: history of ${events} events`, unit: 'KiB', median: bytes / 1_024, runs: 1, comparedTo: size },
    { what: `${about}: activities wait for a worker`, unit: 'ms', median: activityWaits, runs: 1, comparedTo },
    { what: `${about}: activities run`, unit: 'ms', median: activityRuns, runs: 1, comparedTo },
    { what: `${about}: workflow tasks wait for a worker`, unit: 'ms', median: taskWaits, runs: 1, comparedTo },
    { what: `${about}: workflow tasks run`, unit: 'ms', median: taskRuns, runs: 1, comparedTo },
  ];
}
