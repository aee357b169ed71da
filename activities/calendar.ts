import { nextOpening } from '../calendar/openings.ts';
import type { Deps } from '../connectors/deps.ts';
import { bench } from '../connectors/open.ts';
import type { Activities } from '../contract/index.ts';

export function calendarActivities(deps: Deps): Pick<Activities, 'nextOpening'> {
  return {
    async nextOpening({ job, neededMs }) {
      const atMs = bench(deps, job).ctx.now();
      const { calendar } = job.credential;
      const opening = calendar ? nextOpening(calendar, atMs, neededMs) : { fromMs: atMs };
      return { from: opening ? new Date(opening.fromMs).toISOString() : 'never' };
    },
  };
}
