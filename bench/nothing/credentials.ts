import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import type { Credential } from '../../contract/index.ts';
import { removedWith } from '../folders.ts';
import type { Bench } from '../row.ts';
import { firstKey, type kinds } from './provider.ts';
import { fastFolder } from './state.ts';
import { storeFirst } from './vault.ts';

export interface Shape {
  kind?: (typeof kinds)[number];
  targets?: number;
  consumers?: number;
  /** Takes the place of what is there by default: no grace, no soak. */
  times?: Partial<Pick<Credential, 'graceMs' | 'soakMs'>>;
}

/** A folder for the files of credentials over connectors that do nothing; it goes with the row. */
export function nothingFolder(bench: Bench): string {
  const folder = mkdtempSync(join(fastFolder, 'keyturn-bench-'));
  removedWith(bench, folder);
  return folder;
}

/** A credential of which all that stands outside is ready. */
export function nothingCredential(folder: string, id: string, shape: Shape = {}): Credential {
  const { consumers = 1, kind = 'logins', targets = 1, times = {} } = shape;
  const place = join(folder, randomBytes(8).toString('hex'));
  const first = firstKey(`${place}.keys`);
  const names = Array.from({ length: targets }, (_, index) => (index === 0 ? 'main' : `target-${index + 1}`));
  for (const name of names) storeFirst(`${place}.${name}`, first);
  return {
    ...plain(id),
    provider: { type: 'nothing', kind, file: `${place}.keys` },
    targets: names.map((name) => ({ name, vault: 'nothing', value: 'raw', file: `${place}.${name}` })),
    consumers: Array.from({ length: consumers }, (_, index) => ({
      ...plainConsumer(`app-${index + 1}`),
      type: 'nothing',
    })),
    ...times,
  };
}

/** Limits and times as a catalog has them by default, without grace and soak. */
export function plain(id: string): Omit<Credential, 'provider' | 'targets'> {
  return {
    id,
    owner: 'bench',
    tier: 'standard',
    consumers: [],
    smokeTests: [],
    graceMs: 0,
    soakMs: 0,
    refreshWithinMs: 900_000,
    limits: { stepMs: 600_000, settleMs: 1_800_000, refusalMs: 300_000, attemptMs: 30_000, pollMs: 5_000 },
  };
}

export function plainConsumer(name: string) {
  return { name, reads: 'main', instances: 1, canary: 0, required: true, role: 'uses' as const };
}
