import type { Event } from '../../../client/event.ts';
import { rotationOf } from '../../../client/rotations.ts';
import { type Cost, costOf, sumOf } from '../../history/count.ts';
import { nothingFolder } from '../../nothing/credentials.ts';
import { rotate } from '../../rotating.ts';
import type { Finding, Row } from '../../row.ts';
import { within } from '../../scope.ts';
import { openStand, type Stand, startWorkers } from '../../stand.ts';
import { found } from '../../stats.ts';
import { auditOf } from './audit.ts';
import { beginnings } from './beginnings.ts';
import { growth } from './growth.ts';
import { partFindings } from './parts.ts';
import { looksOfADay, type Plan, plans, routine, withWaits } from './plans.ts';

const most = { actions: 24, events: 130, upserts: 2 };

/** What one rotation takes of the engine, and which invariant asks for it. */
export const cost: Row = {
  name: 'cost',
  about: 'events, bytes, actions and database growth of one rotation, by plan and by what asks for them',
  async run(bench) {
    const stand = await openStand(bench);
    await startWorkers(bench, stand, 1);
    const folder = nothingFolder(bench);
    const runs = bench.quick ? 1 : 5;
    const counting = Promise.all(plans.map((plan) => countPlan({ stand, folder, runs }, plan)));
    const begun = await beginnings({ stand, folder });
    // Sizes do not depend on what else is done meanwhile.
    const [counted, grown] = await Promise.all([counting, within(bench, growth)]);
    const byPlan = new Map(plans.map((plan, index) => [plan.name, counted[index] ?? []]));
    const first = byPlan.get(routine.name) ?? [];
    const audited = await auditOf(stand, `cost/${slug(routine)}-1`);
    return [
      ...[...byPlan].flatMap(([name, costs]) => planFindings(name, costs)),
      ...begun,
      ...partFindings(routine.name, first[0]),
      ...partFindings(withWaits.name, byPlan.get(withWaits.name)?.[0], { sumsOnly: true }),
      ...audited,
      ...grown,
    ];
  },
};

interface Place {
  stand: Stand;
  folder: string;
  runs: number;
}

const slug = ({ name }: Plan) => name.replace(/[^a-z]+/g, '-');

async function countPlan({ folder, runs, stand }: Place, plan: Plan): Promise<Cost[]> {
  const costs: Cost[] = [];
  for (let run = 1; run <= runs; run += 1) {
    const credential = plan.make(folder, `cost/${slug(plan)}-${run}`);
    await rotate(stand, credential);
    costs.push(costOf(await historyOf(stand, credential.id)));
  }
  return costs;
}

async function historyOf({ connected }: Stand, credential: string): Promise<readonly Event[]> {
  return (await rotationOf(connected.client, credential).fetchHistory()).events ?? [];
}

function planFindings(name: string, costs: readonly Cost[]): Finding[] {
  const isAim = name === routine.name || name === withWaits.name;
  const comparedTo = looksOf(costs[0]);
  const one = (what: keyof typeof most) => {
    const samples = costs.map((cost) => cost[what]);
    const isMet = Math.max(...samples) <= most[what];
    const aim = { text: `at most ${most[what]}`, met: isMet, ...(isMet ? {} : { why: largest(costs[0]) }) };
    return found(`${name}: ${what}`, what, samples, { comparedTo, ...(isAim && { aim }) });
  };
  const kib = costs.map((cost) => cost.bytes / 1_024);
  return [one('actions'), one('events'), ...(isAim ? [one('upserts')] : []), found(`${name}: history`, 'KiB', kib)];
}

/** Where the machine is slow, a short soak is looked at less often than a day. */
function looksOf({ parts }: Cost = sumOf([])): string {
  const fired = parts.find(({ name }) => name === 'timer that fired')?.times ?? 0;
  return fired > 1 ? `looked at ${fired - 1} times in the soak, of a day ${looksOfADay}` : '';
}

/** What most of it goes to. */
function largest(cost: Cost = sumOf([])): string {
  const ordered = [...cost.parts].sort((one, other) => other.actions - one.actions || other.events - one.events);
  return ordered
    .slice(0, 4)
    .map(({ actions, events, name, times }) => `${name} ${times} times: ${actions} actions, ${events} events`)
    .join('; ');
}
