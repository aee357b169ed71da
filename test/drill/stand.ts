import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KeyRing } from '../../contract/index.ts';
import type { Providers } from '../crash/stand/issuers.ts';
import { openHome, ownersOf } from '../crash/stand/systems.ts';
import { startTemporal } from '../crash/stand/temporal.ts';
import { startPostgres } from '../support/embedded-postgres.ts';
import { start as startAws } from '../support/services/aws.ts';

/** The servers, each a process of its own, and Keyturn's folder. */
export interface Stand extends Providers {
  /** Holds all that is written here: logs, databases, Keyturn's folder. */
  folder: string;
  home: string;
  keys: KeyRing;
  temporalAddress: string;
  stop(): Promise<void>;
}

/** A pool for each consumer, a second one while it changes over, and what Keyturn opens. */
const settings = { max_connections: '900' };

export async function startStand(): Promise<Stand> {
  const folder = await mkdtemp(join(tmpdir(), 'keyturn-drill-'));
  const [temporal, postgres, aws] = await Promise.all([
    startTemporal(join(folder, 'temporal.db')),
    startPostgres({ settings }),
    startAws(),
  ]);
  const { home, keys, sink } = await openHome(join(folder, 'home'));
  await sink.close();
  return {
    folder,
    home,
    keys,
    temporalAddress: temporal.address,
    postgres: { ...postgres, road: postgres },
    aws: { ...aws.provide, ...ownersOf(aws.provide), road: { port: Number(new URL(aws.provide.endpoint).port) } },
    async stop() {
      await temporal.kill();
      await Promise.all([postgres.stop(), aws.stop()]);
    },
  };
}
