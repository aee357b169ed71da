import { agesFrom, dueOf, lastRotated } from '../connectors/audit/age.ts';
import type { Deps } from '../connectors/deps.ts';
import { sendNotice } from '../connectors/http/notice.ts';
import { outsideContext } from '../connectors/open.ts';
import type { Activities, Overdue, Watched } from '../contract/index.ts';

export function lookoutActivities(deps: Deps): Pick<Activities, 'findOverdue' | 'tellOutside'> {
  return {
    async findOverdue({ watched }) {
      const nowMs = deps.attempt().now();
      const overdue: Overdue[] = [];
      for (const each of watched) overdue.push(...(await overdueOf(deps, each, nowMs)));
      return overdue;
    },

    async tellOutside({ credential, notice, notify }) {
      await sendNotice(outsideContext(deps, credential), notify, notice);
    },
  };
}

async function overdueOf(
  { sink }: Deps,
  { id, maxAgeMs }: Pick<Watched, 'id' | 'maxAgeMs'>,
  nowMs: number,
): Promise<Overdue[]> {
  const records = await sink.read(id);
  const from = agesFrom(records);
  const ageMs = from === undefined ? undefined : nowMs - Date.parse(from);
  if (dueOf(ageMs, maxAgeMs) !== 'overdue') return [];
  return [{ id, lastRotatedAt: lastRotated(records)?.at ?? 'never' }];
}
