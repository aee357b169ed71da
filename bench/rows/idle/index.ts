import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { catalogIn, storedValue } from '../../catalog.ts';
import { startKept } from '../../kept.ts';
import type { Bench, Finding, Row } from '../../row.ts';
import { schedule } from '../../schedules.ts';
import { openStand, startWorkers } from '../../stand.ts';
import { found, median } from '../../stats.ts';
import { measured, type Usage } from '../../usage.ts';

export const idle: Row = {
  name: 'idle',
  about: 'what scheduled credentials cost while nothing happens, one worker',
  run,
};

const minuteMs = 60_000;
const settings = {
  quick: { count: 200, windows: 2, windowMs: 3_000, settleMs: 2_000 },
  full: { count: 10_000, windows: 5, windowMs: 60_000, settleMs: 60_000 },
} as const;

type Used = Record<string, Usage | undefined>;

/** The same server and the same worker, before and after: it cannot be made without its schedules again. */
async function run(bench: Bench): Promise<Finding[]> {
  const { count, ...windows } = settings[bench.quick ? 'quick' : 'full'];
  const stand = await openStand(bench, () => startKept(bench));
  const [worker] = await startWorkers(bench, stand, 1);
  const pids = { server: stand.server.pids(), worker: worker ? [worker.pid] : [] };
  bench.say('nothing is scheduled');
  const before = await watched(pids, windows);
  const ids = Array.from({ length: count }, (_, number) => `idle/app-${number}`);
  // In the ninety days' phases of so many, hardly one begins while this is measured.
  const declared = ids.map((id) => storedValue(id, { schedule: { every: '90d' } }));
  await schedule(stand.connected, await catalogIn(join(stand.folder, 'keyturn.yaml'), Object.fromEntries(declared)));
  bench.say(`${count} are scheduled`);
  const after = await watched(pids, windows);
  return Object.keys(pids).flatMap((name) => findingsOf(bench, name, count, { before, after }));
}

/** When what went before has settled. */
async function watched(
  pids: Readonly<Record<string, readonly number[]>>,
  { settleMs, windowMs, windows }: { settleMs: number; windowMs: number; windows: number },
): Promise<Used[]> {
  await sleep(settleMs);
  const all: Used[] = [];
  for (let window = 0; window < windows; window += 1) {
    const { tookMs, used } = await measured(pids, () => sleep(windowMs));
    const perMinute = Object.entries(used).map(([name, each]) => {
      return [name, each && { ...each, cpuMs: (each.cpuMs * minuteMs) / tookMs }] as const;
    });
    all.push(Object.fromEntries(perMinute));
  }
  return all;
}

function findingsOf(
  { say }: Bench,
  name: string,
  count: number,
  { after, before }: { after: readonly Used[]; before: readonly Used[] },
): Finding[] {
  const samples = (all: readonly Used[], field: keyof Usage) => all.flatMap((each) => each[name]?.[field] ?? []);
  if (samples(after, 'cpuMs').length === 0) {
    say(`not measured: what the ${name} takes while nothing happens: this system has no /proc`);
    return [];
  }
  const compared = (what: string, field: keyof Usage, unit: string, words: string) => {
    const none = median(samples(before, field));
    const comparedTo = `none scheduled: ${none.toFixed(0)} ${words}`;
    return found(`${what} of the ${name}, ${count} scheduled`, unit, samples(after, field), { comparedTo });
  };
  return [compared('processor time', 'cpuMs', 'ms a minute', 'ms'), compared('memory', 'rssMiB', 'MiB', 'MiB')];
}
