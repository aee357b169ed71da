import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { DeclaredCredential } from '../../../catalog/index.ts';
import { exitCodes } from '../../../cli/exit-codes.ts';
import { mainQueue, type Watched } from '../../../contract/index.ts';
import { keyturn } from '../../../test/e2e/support/processes.ts';
import type { lookout } from '../../../workflows/lookout.workflow.ts';
import { catalogIn, storedValue } from '../../catalog.ts';
import type { Bench, Finding } from '../../row.ts';
import { schedule } from '../../schedules.ts';
import type { Stand } from '../../stand.ts';
import { found } from '../../stats.ts';
import type { Rotated } from './rotate.ts';

/** Of more than this each look takes minutes. */
const manyMost = 1_000;

/** What it costs to put a fleet that has been rotated on schedules, and to look at it. */
export async function looked(bench: Bench, { ids, stand }: Pick<Rotated, 'ids' | 'stand'>): Promise<Finding[]> {
  const catalog = join(stand.folder, 'keyturn.yaml');
  const times = { schedule: { every: '90d' }, maxAge: '180d' };
  const credentials = await catalogIn(catalog, Object.fromEntries(ids.map((id) => storedValue(id, times))));
  const schedules = await scheduled(bench, stand, credentials);
  const looks = {
    'keyturn list': () => command(stand, ['list', '-c', catalog]),
    'keyturn list --overdue': () => command(stand, ['list', '--overdue', '-c', catalog]),
    'one look of the lookout': () => lookAt(stand, ids),
  };
  const runs = bench.quick || ids.length > manyMost ? 1 : 3;
  const findings = [...schedules];
  for (const [name, look] of Object.entries(looks)) {
    const took = await repeated(runs, look);
    const each = Math.min(...took) / ids.length;
    findings.push(
      found(`${name}, of ${ids.length}`, 'ms', took, { comparedTo: `by credential ${each.toFixed(2)} ms` }),
    );
    bench.say(`${name}: done`);
  }
  return findings;
}

async function scheduled(
  { say }: Bench,
  { connected }: Stand,
  credentials: readonly DeclaredCredential[],
): Promise<Finding[]> {
  const { allMs, createMs } = await schedule(connected, credentials);
  const perSecond = (credentials.length * 1_000) / createMs;
  const comparedTo = `apply in all, with its looks before and after: ${(allMs / 1_000).toFixed(1)} s`;
  say(`${credentials.length} schedules: done`);
  return [found(`schedules created, ${credentials.length}`, 'a second', [perSecond], { comparedTo })];
}

async function repeated(times: number, work: () => Promise<unknown>): Promise<number[]> {
  const took: number[] = [];
  for (let time = 0; time < times; time += 1) {
    const beganMs = performance.now();
    await work();
    took.push(performance.now() - beganMs);
  }
  return took;
}

async function command({ env }: Stand, args: readonly string[]): Promise<void> {
  const program = keyturn(args, env);
  const code = await program.exited;
  // There are some that are overdue.
  if (code !== exitCodes.ok && code !== exitCodes.due)
    throw new Error(`keyturn ${args[0]} ended with ${code}:\n${program.stderr()}`);
}

/** Nobody is told: nothing is overdue. */
async function lookAt({ connected }: Stand, ids: readonly string[]): Promise<void> {
  const notify = { url: 'http://127.0.0.1:9/never', secret: { env: 'NEVER' } };
  const watched: Watched[] = ids.map((id) => ({ id, maxAgeMs: 180 * 86_400_000, notify }));
  const how = { workflowId: `bench-lookout-${randomUUID()}`, taskQueue: mainQueue };
  const { failed } = await connected.client.workflow.execute<typeof lookout>('lookout', {
    ...how,
    args: [{ watched }],
  });
  if (failed.length > 0) throw new Error(`the lookout could not look at ${failed.length} of ${ids.length}`);
}
