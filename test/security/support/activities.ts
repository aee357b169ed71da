import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createActivities } from '../../../activities/create-activities.ts';
import type { Deps } from '../../../connectors/deps.ts';
import { keyRingFile, openKeyRing } from '../../../connectors/keyrings/file/index.ts';
import { loadAudit, loadConsumer, loadProvider, loadVault } from '../../../connectors/load.ts';
import type { Activities, AuditSink, KeyRing } from '../../../contract/index.ts';

/** The activities that a worker runs, with all that it gives them, and called by whoever likes. */
export interface Called {
  activities: Activities;
  home: string;
  keys: KeyRing;
  sink: AuditSink;
  stop(): Promise<void>;
}

const silent = () => {};

export interface CallableOptions {
  env?: Readonly<Record<string, string>>;
  /** In place of a new ring. */
  keys?: KeyRing | undefined;
  /** In place of the folders of connectors. */
  load?: Partial<Pick<Deps, 'loadProvider' | 'loadVault' | 'loadConsumer'>>;
}

export async function callable({ env = {}, keys: given, load }: CallableOptions = {}): Promise<Called> {
  const home = await mkdtemp(join(tmpdir(), 'keyturn-security-'));
  const keys = given ?? (await openKeyRing(keyRingFile(home), { create: true }));
  const sink = await (await loadAudit('sqlite')).open(join(home, 'audit.db'));
  let calls = 0;
  const activities = createActivities({
    attempt: () => ({
      call: `call-${++calls}`,
      number: 1,
      now: () => Date.now(),
      random: (bytes) => randomBytes(bytes),
      sleep: (ms) => sleep(ms),
      heartbeat: silent,
      cancelled: new AbortController().signal,
    }),
    loadProvider,
    loadVault,
    loadConsumer,
    ...load,
    keys,
    sink,
    home,
    env,
    readFile: (path) => readFile(path, 'utf8'),
    log: { debug: silent, info: silent, warn: silent },
  });
  const stop = async () => {
    await sink.close();
    await rm(home, { recursive: true, force: true });
  };
  return { activities, home, keys, sink, stop };
}
