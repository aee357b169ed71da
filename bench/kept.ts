import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Server, startDev } from './engine.ts';
import { fastFolder } from './nothing/state.ts';
import type { Bench } from './row.ts';

/**
 * A development server whose database is a file, in memory where the system has such a place. One without a file was seen to lose all that
 * it knew on a machine that was very busy: SQLite said `interrupted (9)`, then there was no namespace.
 */
export async function startKept(bench: Bench): Promise<Server> {
  const folder = await mkdtemp(join(fastFolder, 'keyturn-bench-'));
  bench.later(() => rm(folder, { recursive: true, force: true }));
  return startDev(join(folder, 'temporal.db'));
}
