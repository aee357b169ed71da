import type { Event } from '../../../client/event.ts';
import { closedLoop, interleaved } from '../../interleave.ts';
import type { Bench } from '../../row.ts';
import type { Stand } from '../../stand.ts';
import { measured } from '../../usage.ts';
import type { LaneName, Lanes } from './lanes.ts';

export interface Loop {
  perSecond: number;
  /** How long each took, in ms. */
  each: number[];
  /** Processor time of each, in ms; absent where the system does not tell. */
  serverMs?: number;
  workerMs?: number;
}

export interface Measured {
  alone: Record<LaneName, Loop[]>;
  loaded: Record<LaneName, Loop[]>;
  /** Of one alone, the last. */
  histories: Record<LaneName, readonly Event[]>;
}

export interface Amount {
  runs: number;
  atOnce: number;
  /** In one loop under load, and alone. */
  times: number;
  alone: number;
}

export async function measureLanes(bench: Bench, stand: Stand, lanes: Lanes, amount: Amount): Promise<Measured> {
  const names = Object.keys(lanes) as LaneName[];
  const { alone, atOnce, runs, times } = amount;
  const histories = {} as Measured['histories'];
  const loop = (name: LaneName, shape: { atOnce: number; times: number }) => async () => {
    let last = '';
    const one = async (number: number) => {
      last = await lanes[name].run(number);
    };
    const pids = { server: stand.server.pids(), worker: [lanes[name].worker.pid] };
    const { result, used } = await measured(pids, () => closedLoop(shape, one));
    if (shape.atOnce === 1) histories[name] = await historyOf(stand, last);
    const each = (ms: number | undefined) => ms && ms / shape.times;
    return {
      perSecond: (shape.times * 1_000) / result.tookMs,
      each: result.each,
      ...{ serverMs: each(used.server?.cpuMs), workerMs: each(used.worker?.cpuMs) },
    } as Loop;
  };
  const all = (shape: { atOnce: number; times: number }) =>
    Object.fromEntries(names.map((name) => [name, loop(name, shape)])) as Record<LaneName, () => Promise<Loop>>;
  // What a process does first takes longest.
  await interleaved(all({ atOnce, times: Math.ceil(atOnce / 2) }), 1);
  const tell =
    (how: string) =>
    (name: LaneName, run: number, { perSecond }: Loop) =>
      bench.say(`${how}, run ${run} of ${runs}: ${name} ${perSecond.toFixed(1)} a second`);
  return {
    loaded: await interleaved(all({ atOnce, times }), runs, tell(`${atOnce} at once`)),
    alone: await interleaved(all({ atOnce: 1, times: alone }), runs, tell('one alone')),
    histories,
  };
}

async function historyOf({ connected }: Stand, workflowId: string): Promise<readonly Event[]> {
  return (await connected.client.workflow.getHandle(workflowId).fetchHistory()).events ?? [];
}
