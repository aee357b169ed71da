import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { startDev } from '../../engine.ts';
import { closedLoop } from '../../interleave.ts';
import { nothingCredential, nothingFolder } from '../../nothing/credentials.ts';
import { rotate } from '../../rotating.ts';
import type { Bench, Finding } from '../../row.ts';
import { openStand, startWorkers } from '../../stand.ts';
import { found } from '../../stats.ts';

const atOnce = 8;

/** How much larger the databases of the development server and of the audit become with each rotation. */
export async function growth(bench: Bench): Promise<Finding[]> {
  const [runs, times] = bench.quick ? [2, 16] : [5, 100];
  let file = '';
  const stand = await openStand(bench, (folder) => {
    file = join(folder, 'temporal.db');
    return startDev(file);
  });
  await startWorkers(bench, stand, 1);
  const folder = nothingFolder(bench);
  const audit = join(stand.home, 'audit.db');
  // The first ones make what is made once.
  await closedLoop({ atOnce, times: atOnce }, (number) => rotate(stand, nothingCredential(folder, `warm/${number}`)));
  const server: number[] = [];
  const audits: number[] = [];
  for (let run = 1; run <= runs; run += 1) {
    const before = [usedKiB(file), usedKiB(audit)] as const;
    const one = (number: number) => rotate(stand, nothingCredential(folder, `growth/${run}-${number}`));
    await closedLoop({ atOnce, times }, one);
    server.push((usedKiB(file) - before[0]) / times);
    audits.push((usedKiB(audit) - before[1]) / times);
  }
  const each = `${times} rotations in each run`;
  return [
    found("the engine's database (SQLite) grows by, each rotation", 'KiB', server, { comparedTo: each }),
    found('the audit (SQLite) grows by, each rotation', 'KiB', audits, { comparedTo: each }),
  ];
}

/** What is filled of it: pages that are free are used before it grows. */
function usedKiB(file: string): number {
  const database = new DatabaseSync(file, { readOnly: true });
  const pragma = (name: string) => Number(Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
  const used = ((pragma('page_count') - pragma('freelist_count')) * pragma('page_size')) / 1_024;
  database.close();
  return used;
}
