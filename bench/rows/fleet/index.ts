import type { Bench, Finding, Row } from '../../row.ts';
import { within } from '../../scope.ts';
import { found, median } from '../../stats.ts';
import type { Usage } from '../../usage.ts';
import { looked } from './find.ts';
import { type Rotated, rotated } from './rotate.ts';

export const fleet: Row = {
  name: 'fleet',
  about: 'many credentials, provider and vault do nothing, one worker: 20 rotate at a time, in fleets of up to 1000',
  run,
};

/** One size between two of the other: what slows the machine for a while is seen. */
const sizes = { quick: [200], full: [1_000, 10_000, 1_000] } as const;
const perHourAim = 20_000;
const growthAim = 0.1;

type Measured = Omit<Rotated, 'stand' | 'ids'> & { count: number; looks: readonly Finding[] };

async function run(bench: Bench): Promise<Finding[]> {
  const all: Measured[] = [];
  for (const count of bench.quick ? sizes.quick : sizes.full) {
    all.push(await within(bench, (own) => measure(own, count, all)));
  }
  if (bench.quick) bench.say('not measured: growth from 1000 to 10000 credentials: --quick has one size');
  const counts = [...new Set(all.map(({ count }) => count))];
  return [...counts.flatMap((count) => findingsOf(all.filter((each) => each.count === count))), ...growth(all)];
}

/** What is looked at once is not looked at again. */
async function measure(bench: Bench, count: number, before: readonly Measured[]): Promise<Measured> {
  bench.say(`rotating ${count} credentials`);
  const { ids, stand, ...rest } = await rotated(bench, count);
  const isKnown = before.some((each) => each.count === count);
  return { ...rest, count, looks: isKnown ? [] : await looked(bench, { ids, stand }) };
}

function findingsOf(all: readonly Measured[]): Finding[] {
  const { count = 0 } = all[0] ?? {};
  const perSecond = all.map(({ tookMs }) => (count * 1_000) / tookMs);
  const perHour = median(perSecond) * 3_600;
  const met = perHour >= perHourAim;
  const text = `${perHourAim} in an hour (${(perHourAim / 3_600).toFixed(2)} a second)`;
  const cpu = processorTime(all, count);
  const why = `at that rate ${Math.round(perHour)} in an hour; one rotation takes ${cpu.words} of processor time`;
  return [
    found(`rotations, ${count} credentials`, 'a second', perSecond, { aim: { text, met, ...(!met && { why }) } }),
    ...cpu.findings,
    ...peaks(all, count),
    ...all.flatMap(({ looks }) => looks),
  ];
}

const processes = ['server', 'worker'] as const;

function usages(all: readonly Measured[], name: (typeof processes)[number]): Usage[] {
  return all.flatMap((each) => each[name] ?? []);
}

function processorTime(all: readonly Measured[], count: number): { findings: Finding[]; words: string } {
  const findings = processes.flatMap((name) => {
    const samples = usages(all, name).map(({ cpuMs }) => cpuMs / count);
    return samples.length === 0
      ? []
      : [found(`processor time of the ${name} by rotation, ${count} credentials`, 'ms', samples)];
  });
  const words = findings
    .map(({ median }, index) => `${Math.round(median)} ms of the ${processes[index]}`)
    .join(' and ');
  return { findings, words: words || 'an unknown time' };
}

function peaks(all: readonly Measured[], count: number): Finding[] {
  return processes.flatMap((name) => {
    const samples = usages(all, name).map(({ peakMiB }) => peakMiB);
    return samples.length === 0 ? [] : [found(`peak memory of the ${name}, ${count} credentials`, 'MiB', samples)];
  });
}

/** Fleet by fleet, the time that passes for one rotation: of those of the largest number, and of those of the smallest. */
function growth(all: readonly Measured[]): Finding[] {
  const [least, most] = [Math.min(...all.map(({ count }) => count)), Math.max(...all.map(({ count }) => count))];
  const fleets = (of: number) => all.filter(({ count }) => count === of).flatMap(({ eachMs }) => eachMs);
  const [few, many] = [fleets(least), fleets(most)];
  if (least === most) return [found(`time by rotation, ${most} credentials`, 'ms', many)];
  const ratio = median(many) / median(few);
  const met = ratio <= 1 + growthAim;
  const [first = Number.NaN, last = Number.NaN] = [many[0], many.at(-1)];
  const why = `in the first fleet of ${most} it is ${first.toFixed(0)} ms, in the last ${last.toFixed(0)} ms`;
  const comparedTo = `${least} credentials in the same run: ${median(few).toFixed(0)} ms`;
  const aim = { text: `at most ${1 + growthAim} times that of ${least}`, met, ...(!met && { why }) };
  return [
    found(`time by rotation, ${least} credentials`, 'ms', few),
    found(`time by rotation, ${most} credentials`, 'ms', many, { comparedTo }),
    { what: `growth of it from ${least} to ${most}`, unit: 'ratio', median: ratio, runs: many.length, comparedTo, aim },
    {
      what: `growth of it from the first to the last fleet of ${most}`,
      unit: 'ratio',
      median: last / first,
      runs: many.length,
    },
  ];
}
