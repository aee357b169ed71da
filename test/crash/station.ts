import { join } from 'node:path';
import { Crew } from './crew.ts';
import type { Lane } from './lane.ts';
import { Prober } from './prober.ts';
import type { Systems } from './stand/systems.ts';
import type { Tally } from './tally.ts';
import type { Point } from './worker/points.ts';

/** A lane with its workers at work and its prober running. */
export interface Station {
  lane: Lane;
  systems: Pick<Systems, 'connected' | 'keys' | 'sink'>;
  crew: Crew;
  prober: Prober;
  tally: Tally;
  /** Says whether a worker that has come to the point dies there. */
  judge(point: Point): Promise<boolean>;
  /** Of the documents of all that was served. */
  secrets(): string[];
  stop(): Promise<void>;
}

export interface StationOptions {
  systems: Systems;
  lane: Lane;
  tally: Tally;
  home?: Pick<Systems, 'home' | 'keys' | 'sink'>;
  command?: readonly string[];
}

export const spares = async () => false;

export async function openStation({ command, home, lane, systems, tally }: StationOptions): Promise<Station> {
  const { home: folder, keys, sink } = home ?? systems;
  const crew = await Crew.start({
    queue: lane.queue,
    logFile: join(systems.folder, `${lane.name}.log`),
    judge: (point) => station.judge(point),
    ...(command ? { command } : {}),
    env: {
      ...lane.env,
      KEYTURN_HOME: folder,
      CRASH_BUNDLE: systems.bundle,
      TEMPORAL_ADDRESS: systems.temporal.address,
      // What was compiled once need not be compiled again two hundred times.
      NODE_COMPILE_CACHE: join(systems.folder, 'compiled'),
    },
  });
  const prober = new Prober(lane, tally);
  const station: Station = {
    lane,
    systems: { connected: systems.connected, keys, sink },
    crew,
    prober,
    tally,
    judge: spares,
    secrets: () => [...prober.seen].flatMap((document) => lane.issuer.secretsOf(document)),
    async stop() {
      await prober.stop();
      await crew.stop();
      await lane.stop();
    },
  };
  return station;
}
