import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Chance } from '../chance.ts';
import { laneOver } from '../lane.ts';
import type { Options } from '../options.ts';
import { rotate } from '../rotation.ts';
import { type Disk, openDisk } from '../stand/disk.ts';
import { postgres } from '../stand/issuers.ts';
import { filePlace } from '../stand/places.ts';
import { openHome, type Systems } from '../stand/systems.ts';
import { openStation, type Station, spares } from '../station.ts';
import type { Tally } from '../tally.ts';
import { isRead } from '../worker/points.ts';

const shortMs = 2_000;
const longTimes = 3;
/** Longer than a step and its undo are tried: the rotation is quarantined, or stands and retries. */
const longMs = 30_000;
const impatient = { stepMs: 5_000, settleMs: 5_000, refusalMs: 5_000, attemptMs: 2_500, pollMs: 200 };

/** The disk under the file vault, the audit and the key ring is full: at every change for a while, then at some for long. */
export async function diskRound(systems: Systems, tally: Tally, options: Options): Promise<string[]> {
  const disk = await openDisk(systems.folder, options.disk);
  console.log(`  a full disk is made by ${disk.how}`);
  const kept = await openHome(disk.home);
  const issuer = await postgres(systems);
  const lane = await laneOver('full-disk', issuer, [await filePlace(kept.home, kept.keys, issuer.first)]);
  const station = await openStation({ systems, lane, tally, home: kept, command: disk.command });
  try {
    const changes = await fullAtEveryChange(station, disk);
    const chance = new Chance(options.seed, 'disk');
    for (let times = 0; times < longTimes && changes.length > 0; times += 1) {
      const [change = ''] = changes.splice(chance.between(0, changes.length), 1);
      await fullForLong(station, disk, change);
    }
  } finally {
    await station.stop();
    for (const how of station.crew.fallen) tally.violation(lane.name, how);
    await kept.sink.close();
    // Where it is searched for secrets.
    await cp(disk.home, join(systems.folder, 'full-disk-home'), { recursive: true });
    await disk.remove();
  }
  return station.secrets();
}

/** @returns the changes of a rotation, in their order. */
async function fullAtEveryChange(station: Station, disk: Disk): Promise<string[]> {
  const changes: string[] = [];
  let room = Promise.resolve();
  station.judge = async ({ boundary, call }) => {
    if (boundary !== 'before' || isRead(call) || changes.includes(call)) return false;
    changes.push(call);
    await room;
    room = fullFor(station, disk, shortMs);
    return false;
  };
  await rotate(station, { ending: 'rotated' });
  station.judge = spares;
  await room;
  return changes;
}

async function fullFor(station: Station, disk: Disk, ms: number): Promise<void> {
  station.tally.fault('disk full for a while');
  await disk.fill(station.crew.pids);
  await sleep(ms);
  await disk.makeRoom(station.crew.pids);
}

async function fullForLong(station: Station, disk: Disk, change: string): Promise<void> {
  const { crew, tally } = station;
  const makeRoom = () => disk.makeRoom(crew.pids);
  let isFull = false;
  let over: NodeJS.Timeout | undefined;
  station.judge = async ({ boundary, call }) => {
    if (isFull || boundary !== 'before' || call !== change) return false;
    isFull = true;
    tally.fault(`disk full for long, from ${change}`);
    await disk.fill(crew.pids);
    over = setTimeout(makeRoom, longMs);
    return false;
  };
  await rotate(station, { ending: 'rotated', credential: { limits: impatient }, mend: makeRoom });
  clearTimeout(over);
  await makeRoom();
  station.judge = spares;
}
