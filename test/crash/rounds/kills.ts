import * as rotations from '../../../client/rotations.ts';
import { Chance } from '../chance.ts';
import { Marks, Names } from '../marks.ts';
import { type Ending, endings, isSoaking, type RotationOptions, rotate, soon } from '../rotation.ts';
import { type Station, spares } from '../station.ts';
import type { Point } from '../worker/points.ts';

const killsPerRotationMax = 16;
const killsPerActivityMax = 3;
/** After so many rotations that met none of them, the boundaries that are left are of a way that this lane no longer goes. */
const barrenMax = 2;

export interface KillsOptions {
  seed: number;
  /** Of all lanes together. */
  killsMin: number;
  /** Later no rotation begins for the sake of a boundary, and none at all. */
  everyUntilMs: number;
  untilMs: number;
}

/** kill -9 at every boundary of a clean run, in each of the ways in which a rotation can end; then at random ones. */
export async function killsRound(stations: readonly Station[], options: KillsOptions): Promise<void> {
  const marks = new Marks();
  await Promise.all(stations.map((station) => clean(station, marks)));
  console.log(`  ${marks.needed} boundaries`);
  await Promise.all(stations.map((station) => killsOn(station, marks, options)));
  const [{ tally }] = stations as [Station];
  tally.boundaries.needed = marks.needed;
  tally.boundaries.met = marks.needed - marks.open.length;
  tally.unmet.push(...marks.open);
}

async function clean(station: Station, marks: Marks): Promise<void> {
  for (const ending of endings) {
    await passing(station, ending, async (point, name, place) => {
      marks.need(name);
      const here = `${station.lane.name} ${place}`;
      if (!marks.steps.has(here)) marks.steps.set(here, await stepNow(station, point));
      return false;
    });
  }
}

async function killsOn(station: Station, marks: Marks, options: KillsOptions): Promise<void> {
  const { lane, tally } = station;
  const { everyUntilMs, killsMin, seed, untilMs } = options;
  const chance = new Chance(seed, lane.name);
  await killing(station, marks, 'rotated', (name) => marks.take(name), killWaiting(station));
  const barren = new Map<Ending, number>();
  // In turn, each lane beginning elsewhere: where the time is short, none of the ways to end is left out.
  for (let turn = chance.between(0, endings.length); marks.open.length > 0 && Date.now() < everyUntilMs; turn += 1) {
    const going = endings.filter((each) => (barren.get(each) ?? 0) < barrenMax);
    const ending = going[turn % going.length];
    if (ending === undefined) break;
    const killed = await killing(station, marks, ending, (name) => marks.take(name));
    barren.set(ending, killed > 0 ? 0 : (barren.get(ending) ?? 0) + 1);
  }
  while (tally.kills.length < killsMin && Date.now() < untilMs) {
    const ending = endings[chance.between(0, endings.length)] ?? 'rotated';
    await killing(station, marks, ending, () => chance.onceIn(8));
  }
}

/** One rotation with a kill wherever it is wanted. @returns how many there were. */
async function killing(
  station: Station,
  marks: Marks,
  ending: Ending,
  wants: (name: string) => boolean,
  options: Partial<RotationOptions> = {},
): Promise<number> {
  const killed = new Map<string, number>();
  let total = 0;
  const judge: Judge = (point, name, place) => {
    const here = killed.get(point.activityId) ?? 0;
    if (total >= killsPerRotationMax || here >= killsPerActivityMax || !wants(name)) return false;
    total += 1;
    killed.set(point.activityId, here + 1);
    const { boundary, call, activity } = point;
    station.tally.kills.push({
      lane: station.lane.name,
      boundary,
      call: call || activity,
      step: marks.steps.get(`${station.lane.name} ${place}`) ?? 'not in a clean run',
    });
    return true;
  };
  await passing(station, ending, judge, options);
  return total;
}

type Judge = (point: Point, name: string, place: string) => boolean | Promise<boolean>;

/** One rotation. Of one that is to turn back `judge` hears only from then on: until then it is like any other. */
async function passing(station: Station, ending: Ending, judge: Judge, options: Partial<RotationOptions> = {}) {
  const names = new Names(ending);
  let turned = ending === 'rotated';
  station.judge = async (point) => {
    const name = names.of(point);
    turned ||= station.lane.fails.key !== undefined;
    return turned && judge(point, name, names.placeOf(point));
  };
  await rotate(station, {
    ending,
    watch: (progress) => {
      turned ||= ending === 'rolled back' && isSoaking(progress);
      return turned || ending === 'fails' ? 'enough' : 'more';
    },
    ...options,
  });
  station.judge = spares;
}

/** Asked in clean runs only: a query that goes to a worker which has just died is answered late. */
async function stepNow({ systems }: Station, { credential }: Point): Promise<string> {
  const handle = rotations.rotationOf(systems.connected.client, credential);
  const now = await soon(rotations.progress(handle).catch(() => undefined));
  if (!now) return 'not told';
  return now.state === 'undoing' ? `undo of ${now.phase}` : now.phase;
}

/** On a busy machine a look at the progress takes its time. */
const waitMs = 4_000;

/** In the grace and in the soak no activity runs: all workers die, and others find the timer. */
function killWaiting({ crew, lane, tally }: Station): Partial<RotationOptions> {
  const left = ['grace', 'soak'];
  return {
    credential: { graceMs: waitMs, soakMs: waitMs },
    watch: ({ waits }) => {
      const wait = waits.find(({ name }) => left.includes(name));
      if (!wait) return left.length > 0 ? 'more' : 'enough';
      left.splice(left.indexOf(wait.name), 1);
      for (let killed = crew.killAll(); killed > 0; killed -= 1) {
        tally.kills.push({ lane: lane.name, boundary: 'waiting', step: wait.name, call: '-' });
      }
      return left.length > 0 ? 'more' : 'enough';
    },
  };
}
