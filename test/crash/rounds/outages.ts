import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Road } from '../../e2e/support/road.ts';
import { Chance } from '../chance.ts';
import { endings } from '../rotation.ts';
import { onServer } from '../stand/issuers.ts';
import type { Systems } from '../stand/systems.ts';
import type { Station } from '../station.ts';
import { disturbed } from './disturb.ts';

const downMs = 3_000;

/** Each of the systems around is away for three seconds, at a moment that chance picks, in each of the ways to end. */
export async function outagesRound(stations: readonly Station[], systems: Systems, seed: number): Promise<void> {
  const chance = new Chance(seed, 'outages');
  const { aws, google, home, postgres } = systems;
  const outages: Record<string, () => Promise<void>> = {
    'PostgreSQL out of reach': () => closed([postgres.road]),
    'PostgreSQL crashed': () => crashPostgres(postgres.adminUrl),
    'AWS out of reach': () => closed([aws.road]),
    'Google out of reach': () => closed([google.road]),
    'consumers out of reach': () => closed(stations.map(({ lane }) => lane.consumerRoad)),
    'audit locked': () => locked(join(home, 'audit.db')),
    'file vault locked': () => locked(join(home, 'vault', '.lock')),
  };
  for (const ending of endings) {
    const planned = Object.entries(outages).map(([name, act]) => ({
      name,
      afterPoints: chance.between(10, 170),
      act,
    }));
    await disturbed(stations, ending, planned);
  }
}

async function closed(roads: readonly Road[]): Promise<void> {
  await Promise.all(roads.map((road) => road.close()));
  await sleep(downMs);
  await Promise.all(roads.map((road) => road.open()));
}

/** When one of its processes is killed, the server ends all the others and recovers from its log. */
async function crashPostgres(adminUrl: string): Promise<void> {
  await onServer(adminUrl, async (sql) => {
    const { rows } = await sql.query<{ pid: number }>('select pg_backend_pid() as pid');
    process.kill(rows[0]?.pid ?? 0, 'SIGKILL');
  });
}

/** By a process that is none of the workers. */
async function locked(file: string): Promise<void> {
  const database = new DatabaseSync(file, { timeout: 10_000 });
  try {
    database.exec('BEGIN EXCLUSIVE');
    await sleep(downMs);
  } finally {
    database.close();
  }
}
