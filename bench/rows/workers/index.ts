import { randomUUID } from 'node:crypto';
import { overEngines } from '../../engines.ts';
import { closedLoop, interleaved } from '../../interleave.ts';
import { machine } from '../../machine.ts';
import { nothingCredential, nothingFolder } from '../../nothing/credentials.ts';
import { number } from '../../print.ts';
import { rotate } from '../../rotating.ts';
import type { Bench, Finding, Row } from '../../row.ts';
import { type Stand, startWorkers } from '../../stand.ts';
import { found, median, ratios } from '../../stats.ts';
import { measured } from '../../usage.ts';

const counts = [1, 2, 4] as const;
const atOnce = 40;
const amounts = { quick: { runs: 1, times: 30 }, full: { runs: 5, times: 200 } };

interface Loop {
  perSecond: number;
  /** How many cores were busy, on the average; absent where the system does not tell. */
  serverCores?: number;
  workerCores?: number;
}

/** Whether more workers rotate more, and what is full where they do not. */
export const workers: Row = {
  name: 'workers',
  about: `rotations a second with one, two and four workers, ${atOnce} at once, provider, vault and consumer do nothing`,
  run: (bench) => overEngines(bench, measure),
};

async function measure(bench: Bench, stand: Stand, engine: string): Promise<Finding[]> {
  const { runs, times } = bench.quick ? amounts.quick : amounts.full;
  const folder = nothingFolder(bench);
  const crews = await Promise.all(
    counts.map(async (count) => [count, await crew({ bench, stand, folder }, count)] as const),
  );
  // What a process does first takes longest.
  for (const [count, loop] of crews) await loop(4 * count);
  const kinds = Object.fromEntries(crews.map(([count, loop]) => [count, () => loop(times)]));
  const loops = await interleaved(kinds, runs, (count, run, { perSecond }) =>
    bench.say(`${engine}, run ${run} of ${runs}: ${count} workers, ${perSecond.toFixed(1)} a second`),
  );
  return counts.flatMap((count) => findings(engine, count, loops[count] ?? [], loops[1] ?? []));
}

interface Place {
  bench: Bench;
  stand: Stand;
  folder: string;
}

/** So many workers with a queue of their own. @returns one loop over them. */
async function crew({ bench, folder, stand }: Place, count: number): Promise<(times: number) => Promise<Loop>> {
  const queue = `keyturn-${count}`;
  const programs = await startWorkers(bench, stand, count, { BENCH_QUEUE: queue });
  const pids = { server: stand.server.pids(), workers: programs.map(({ pid }) => pid) };
  const one = () => rotate(stand, nothingCredential(folder, `workers/${randomUUID()}`), queue);
  return async (times) => {
    const { result, used } = await measured(pids, () => closedLoop({ atOnce, times }, one));
    const cores = (cpuMs: number | undefined) => cpuMs && cpuMs / result.tookMs;
    const perSecond = (times * 1_000) / result.tookMs;
    return { perSecond, serverCores: cores(used.server?.cpuMs), workerCores: cores(used.workers?.cpuMs) } as Loop;
  };
}

function findings(engine: string, count: number, loops: readonly Loop[], single: readonly Loop[]): Finding[] {
  const rates = loops.map(({ perSecond }) => perSecond);
  const ofOne = single.map(({ perSecond }) => perSecond);
  const name = `${engine}, ${count} ${count === 1 ? 'worker' : 'workers'}`;
  const comparedTo = `one worker in the same run: ${number(median(ofOne))} a second`;
  const { cores } = machine();
  return [
    found(`${name}: rate`, 'a second', rates, { comparedTo }),
    ...(count === 1 ? [] : [found(`${name}: of one worker`, 'ratio', ratios(rates, ofOne), { comparedTo })]),
    ...(['server', 'worker'] as const).flatMap((who) => {
      const samples = loops.flatMap((loop) => loop[`${who}Cores`] ?? []);
      const what = `${name}: processor time of the ${who === 'worker' ? 'workers' : who}`;
      return samples.length === 0
        ? []
        : [found(what, 'cores', samples, { comparedTo: `${cores} cores of the machine` })];
    }),
  ];
}
