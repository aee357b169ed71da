import type { Deps } from '../connectors/deps.ts';
import { type Bench, bench, openConsumer, openProvider, openTarget } from '../connectors/open.ts';
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
      const about = said.filter((each) => concerns(change, each));
      return { attestations: await withoutValues(on, change, about), askable: asked !== 'unknown' };
    },

    async hearConsumer({ job, consumer, change, known }) {
      const on = bench(deps, job);
      const opened = await openConsumer(on, consumer);
      const said = await opened.attested(on.ctx, change);
      const about = said === 'unknown' ? [] : said.filter((each) => concerns(change, each));
      const instances = new Set(about.filter((each) => each.status === wanted(change)).map((each) => each.instance));
      if (instances.size > known || about.some((each) => each.status === 'failed')) {
        return withoutValues(on, change, about);
      }
      throw new KeyturnError('transient', `${consumer.name}: ${instances.size} of ${change.instances} attest`, {
        retryAfterMs: job.credential.limits.pollMs,
      });
    },
  };
}

const unchecked = '(its reason is left out: the target could not be read, to see that it quotes no value)';

/** Whoever fails with a value likes to quote it in the reason, which goes into the history. */
async function withoutValues(on: Bench, change: Change, said: readonly Attestation[]): Promise<Attestation[]> {
  if (said.every(({ reason }) => reason === undefined)) return [...said];
  const isKnown = await rememberValues(on, change).catch(() => false);
  const scrub = (reason: string) => (isKnown ? on.guard.redactor.scrub(reason) : unchecked);
  return said.map(({ reason, ...rest }) => (reason === undefined ? rest : { ...rest, reason: scrub(reason) }));
}

/** Reads all that the consumer may have read: what passes through the guards is known to the redactor. */
async function rememberValues(on: Bench, change: Change): Promise<boolean> {
  const target = on.job.credential.targets.find(({ name }) => name === change.target);
  if (!target) return false;
  const { fields, provider } = await openProvider(on);
  const { value, vault } = await openTarget(on, target, fields);
  for (const which of ['current', 'pending', 'previous', { id: change.version }] as const) {
    const stored = await vault.read(on.ctx, which);
    if (stored !== 'absent') await provider.identify(on.ctx, value(stored));
  }
  return true;
}

function wanted(change: Change): Attestation['status'] {
  return change.verb === 'drop' ? 'dropped' : 'loaded';
}

function concerns(change: Change, said: Attestation): boolean {
  if (said.target !== change.target) return false;
  if (change.verb === 'drop') return said.keyId === change.previous;
  return said.keyId === change.keyId || (said.keyId === undefined && said.version === change.version);
}
