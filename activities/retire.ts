import type { Deps } from '../connectors/deps.ts';
import { bench, openProvider } from '../connectors/open.ts';
import type { Activities, Key } from '../contract/index.ts';
import { KeyturnError } from '../contract/index.ts';
import { refuseServed } from './served.ts';

type Retire = Pick<Activities, 'awaitUnused' | 'disableKey' | 'enableKey'>;

export function retireActivities(deps: Deps): Retire {
  return {
    async awaitUnused({ job, key, held, since }) {
      const on = bench(deps, job);
      const { provider, powers } = await openProvider(on);
      // What happens while the question is under way is not in the answer.
      const askedMs = on.ctx.now();
      const listed = (await provider.inventory(on.ctx, [held, key.id])).find((each) => each.id === key.id);
      const quietMs = quietSinceMs(listed, Date.parse(since));
      const neededMs = powers.lastUsedLagMs ?? 0;
      const leftMs = quietMs + neededMs - askedMs;
      // Longer than the lag: a use that goes on is reported as one that is just as old as the lag.
      if (leftMs < 0) {
        // A key of which nothing is reported is not thereby unused.
        const unreported = listed !== undefined && (listed.lastUse ?? 'unknown') === 'unknown';
        return { quietSince: new Date(quietMs).toISOString(), indicative: unreported || (powers.indicative ?? false) };
      }
      const by = typeof listed?.lastUse === 'object' && listed.lastUse.by ? ` by ${listed.lastUse.by}` : '';
      throw new KeyturnError('transient', `${key.id} was in use at ${new Date(quietMs).toISOString()}${by}`, {
        retryAfterMs: Math.max(leftMs, job.credential.limits.pollMs),
      });
    },

    async disableKey({ job, key }) {
      const on = bench(deps, job);
      const opened = await openProvider(on);
      const { provider } = opened;
      if (!provider.disable)
        throw new KeyturnError('invalid', `provider ${job.credential.provider.type} cannot disable`);
      await refuseServed(on, opened, key.id);
      await provider.disable(on.ctx, key);
    },

    async enableKey({ job, key }) {
      const on = bench(deps, job);
      const { provider } = await openProvider(on);
      if (!provider.enable) throw new KeyturnError('invalid', `provider ${job.credential.provider.type} cannot enable`);
      // It may never have been disabled: then there is nothing to undo, and no right needed to do it.
      const listed = (await provider.inventory(on.ctx, [key.id])).find((each) => each.id === key.id);
      if (listed?.state === 'active') return;
      await provider.enable(on.ctx, key);
    },
  };
}

/** A key that is no longer listed is not in use. */
function quietSinceMs(listed: Key | undefined, sinceMs: number): number {
  if (typeof listed?.lastUse !== 'object') return sinceMs;
  return Math.max(sinceMs, Date.parse(listed.lastUse.at));
}
