import { type Ending, rotate } from '../rotation.ts';
import { type Station, spares } from '../station.ts';

export interface Disturbance {
  name: string;
  /** Begins when the workers of all lanes have come to so many boundaries. */
  afterPoints: number;
  act(): Promise<void>;
}

/** All lanes rotate at the same time, and in the middle of it something happens to the world. */
export async function disturbed(
  stations: readonly Station[],
  ending: Ending,
  disturbances: readonly Disturbance[],
): Promise<void> {
  const coming = [...disturbances].sort((one, other) => one.afterPoints - other.afterPoints);
  const running: Promise<void>[] = [];
  let points = 0;
  for (const station of stations) {
    station.judge = async () => {
      points += 1;
      while (coming[0] && coming[0].afterPoints <= points) {
        const [{ act, name }] = coming.splice(0, 1) as [Disturbance];
        console.log(`  ${name}`);
        station.tally.fault(name);
        running.push(act());
      }
      return false;
    };
  }
  await Promise.all(stations.map((station) => rotate(station, { ending })));
  await Promise.all(running);
  for (const station of stations) station.judge = spares;
  const [{ tally }] = stations as [Station];
  for (const { name } of coming) tally.unmet.push(`${name}: all had ended before`);
}
