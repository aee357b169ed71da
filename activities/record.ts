import { appendOnce } from '../connectors/audit/chain.ts';
import type { Deps } from '../connectors/deps.ts';
import { bench } from '../connectors/open.ts';
import type { Activities } from '../contract/index.ts';
import { inferRest } from './ledger.ts';

type Recording = Pick<Activities, 'recordDecisions' | 'recordEnd'>;

export function recordActivities(deps: Deps): Recording {
  return {
    async recordDecisions({ job, entries }) {
      for (const { id, ...entry } of entries) {
        const effect = `${job.rotation}/${id}`;
        await appendOnce(deps.sink, { credential: job.credential.id, rotation: job.rotation, effect, ...entry });
      }
    },

    async recordEnd({ job, end, evidence }) {
      const on = bench(deps, job);
      const effect = `${job.rotation}/close`;
      await inferRest(on);
      const { seq, hash } = await appendOnce(
        deps.sink,
        {
          credential: job.credential.id,
          rotation: job.rotation,
          at: end.endedAt,
          kind: 'close',
          effect,
          verb: 'close',
          outcome: 'done',
          detail: { end, evidence },
        },
        { signer: deps.keys },
      );
      return { seq, hash };
    },
  };
}
