import { setTimeout as sleep } from 'node:timers/promises';
import { Chance } from '../chance.ts';
import { endings } from '../rotation.ts';
import type { Systems } from '../stand/systems.ts';
import type { Station } from '../station.ts';
import { disturbed } from './disturb.ts';

const killsPerPass = 2;
const downMs = 1_500;

/** The Temporal server dies in the middle of rotations, and comes back with what its file holds. */
export async function temporalRound(stations: readonly Station[], { temporal }: Systems, seed: number): Promise<void> {
  const chance = new Chance(seed, 'temporal');
  const act = async () => {
    await temporal.kill();
    await sleep(downMs);
    await temporal.start();
  };
  for (const ending of endings) {
    const kills = Array.from({ length: killsPerPass }, (_, index) => ({
      name: 'Temporal killed and started again',
      afterPoints: 20 + index * 60 + chance.between(0, 50),
      act,
    }));
    await disturbed(stations, ending, kills);
  }
}
