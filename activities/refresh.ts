import type { Deps } from '../connectors/deps.ts';
import { bench, openConsumer } from '../connectors/open.ts';
import type { Activities, Attestation, Change } from '../contract/index.ts';
import { KeyturnError } from '../contract/index.ts';

type Refresh = Pick<Activities, 'tellConsumer' | 'hearConsumer'>;

export function refreshActivities(deps: Deps): Refresh {
  return {
    async tellConsumer({ job, consumer, change }) {
      const on = bench(deps, job);
      const opened = await openConsumer(on, consumer);
      const answered = await opened.refresh(on.ctx, change);
      const asked = await opened.attested(on.ctx, change);
      const said = asked === 'unknown' ? answered : [...answered, ...asked];
      // Only what the message is about: an answer that also lists other keys says nothing of what is in use now.
      return { attestations: said.filter((each) => concerns(change, each)), askable: asked !== 'unknown' };
    },

    async hearConsumer({ job, consumer, change, known }) {
      const on = bench(deps, job);
      const opened = await openConsumer(on, consumer);
      const said = await opened.attested(on.ctx, change);
      const about = said === 'unknown' ? [] : said.filter((each) => concerns(change, each));
      const instances = new Set(about.filter((each) => each.status === wanted(change)).map((each) => each.instance));
      if (instances.size > known || about.some((each) => each.status === 'failed')) return about;
      throw new KeyturnError('transient', `${consumer.name}: ${instances.size} of ${change.instances} attest`, {
        retryAfterMs: job.credential.limits.pollMs,
      });
    },
  };
}

function wanted(change: Change): Attestation['status'] {
  return change.verb === 'drop' ? 'dropped' : 'loaded';
}

function concerns(change: Change, said: Attestation): boolean {
  if (said.target !== change.target) return false;
  if (change.verb === 'drop') return said.keyId === change.previous;
  return said.keyId === change.keyId || (said.keyId === undefined && said.version === change.version);
}
