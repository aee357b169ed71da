import type { Deps } from '../connectors/deps.ts';
import { type Bench, bench, type OpenProvider, openProvider, openTarget } from '../connectors/open.ts';
import type { Activities, Key, KeyId } from '../contract/index.ts';
import { KeyturnError } from '../contract/index.ts';
import { attribute, inferMade, lostMintsShow, othersStandStill } from './ledger.ts';
import { openKey, seal } from './seal.ts';
import { refuseServed } from './served.ts';
import { lookingMs, steadily, timesFor } from './steadily.ts';

type Create = Pick<
  Activities,
  'chooseKey' | 'applyKey' | 'mintKey' | 'proveKey' | 'removeKey' | 'sweepKeys' | 'reapplyKey'
>;

export function createStepActivities(deps: Deps): Create {
  return {
    async chooseKey({ job, held, keys }) {
      const on = bench(deps, job);
      const { provider } = await openProvider(on);
      if (!provider.choose) throw new KeyturnError('invalid', `provider ${job.credential.provider.type} cannot choose`);
      const { key, value } = await provider.choose(on.ctx, { held, keys });
      return { key, sealed: await seal(deps.keys, job, key.id, value) };
    },

    async applyKey({ job, chosen, expected }) {
      const on = bench(deps, job);
      const { fields, provider } = await openProvider(on);
      if (!provider.apply) return chosen.key;
      const value = await openKey(on, fields, chosen);
      return provider.apply(on.ctx, { key: chosen.key, value }, expected);
    },

    async mintKey({ job, baseline, held }) {
      const on = bench(deps, job, { listed: baseline.map((key) => key.id) });
      const opened = await openProvider(on);
      if (!opened.provider.mint)
        throw new KeyturnError('invalid', `provider ${job.credential.provider.type} cannot mint`);
      await removeLost(on, opened, baseline, [held], { strangers: 'refuse' });
      const { key, value } = await opened.provider.mint(on.ctx);
      return { key, sealed: await seal(deps.keys, job, key.id, value) };
    },

    async proveKey({ job, chosen }) {
      const on = bench(deps, job);
      const { fields, powers, provider } = await openProvider(on);
      const value = await openKey(on, fields, chosen);
      const forMs = lookingMs(job, powers.propagationMsMax);
      const options = { forMs, everyMs: 500, times: timesFor(powers.propagationMsMax) };
      const { steady, last } = await steadily(
        on.ctx,
        options,
        () => provider.verify(on.ctx, value),
        (seen) => seen.verdict === 'accepted',
      );
      if (!steady) {
        throw new KeyturnError('transient', `${chosen.key.id} is not accepted yet (${last.answer ?? last.verdict})`);
      }
      return tested(on, '-', last.answer);
    },

    async removeKey({ job, key }) {
      const on = bench(deps, job);
      const opened = await openProvider(on);
      await refuseServed(on, opened, key.id);
      await opened.provider.remove(on.ctx, key);
    },

    async sweepKeys({ job, baseline, keep }) {
      const on = bench(deps, job);
      const opened = await openProvider(on);
      await lostMintsShow(on, opened.powers.propagationMsMax);
      return removeLost(on, opened, baseline, keep, { strangers: 'leave' });
    },

    async reapplyKey({ job, target, version, key, newKey, placed }) {
      const on = bench(deps, job);
      const opened = await openProvider(on);
      const { provider, fields } = opened;
      if (!provider.apply) throw new KeyturnError('invalid', `provider ${job.credential.provider.type} cannot apply`);
      const place = await openTarget(on, target, fields);
      const stored = await place.vault.read(on.ctx, { id: version });
      if (stored === 'absent') {
        throw new KeyturnError('not-found', `target ${target.name} no longer holds version ${version}, the known-good`);
      }
      const expected = await inPlaceNow(on, opened, { key, newKey, placed });
      if (expected.id === placed.id && placed.id !== key.id) return placed;
      return provider.apply(on.ctx, { key, value: place.value(stored) }, expected);
    },
  };
}

/** What the place holds now, if that is the new key or still what the rotation found; else somebody else was there. */
async function inPlaceNow(
  on: Bench,
  { provider }: OpenProvider,
  { key, newKey, placed }: { key: Key; newKey: Key; placed: Key },
): Promise<Key> {
  const now = await provider.inventory(on.ctx, []);
  const ours = now.find(
    ({ id, etag }) => [newKey.id, key.id, placed.id].includes(id) || (etag !== undefined && etag === placed.etag),
  );
  if (ours) return ours;
  throw new KeyturnError('conflict', `somebody else has changed ${key.id} at the provider`, {
    fix: 'find out what the value is now; store it, and resolve the rotation',
  });
}

/**
 * Removes keys that lost attempts of ours made: not in the baseline, not to be kept, attributed to an intent without
 * a result, and never served.
 * @returns those that have been served.
 * @throws KeyturnError `ambiguous` for a key that may be ours or a stranger's.
 */
async function removeLost(
  on: Bench,
  { provider }: OpenProvider,
  baseline: readonly Key[],
  keep: readonly KeyId[],
  { strangers }: { strangers: 'refuse' | 'leave' },
): Promise<Key[]> {
  const known = new Set([...baseline.map((key) => key.id), ...keep]);
  const strays = (await provider.inventory(on.ctx, keep)).filter((key) => !known.has(key.id));
  if (strays.length === 0) return [];
  await othersStandStill(on);
  const { ours, unclear, others, served } = await attribute(on, strays);
  if (served.length > 0 && strangers === 'refuse') {
    throw new KeyturnError(
      'conflict',
      `this rotation has made a key that was in use, and forgotten it: ${ids(served)}`,
      {
        fix: 'it was reset: what it did is put in order by the next rotation',
      },
    );
  }
  if (unclear.length > 0) {
    throw new KeyturnError('ambiguous', `these keys may be ours or somebody else's: ${ids(unclear)}`, {
      fix: 'find out who made them and delete at the provider those that nobody knows, all of ours included; then retry: a lone key that still fits is taken for ours',
    });
  }
  for (const { key, effect } of ours) {
    await inferMade(on, effect, key);
    await provider.remove(on.ctx, key);
  }
  if (others.length > 0 && strangers === 'refuse') {
    throw new KeyturnError('conflict', `somebody else made a key in the meantime: ${ids(others)}`, {
      fix: 'rotate again when they are done',
    });
  }
  return served;
}

function ids(keys: readonly Key[]): string {
  return keys.map((key) => `${key.id} (created ${key.createdAt ?? 'unknown'})`).join(', ');
}

export function tested(on: Bench, version: string, answer: string | undefined) {
  return { at: new Date(on.ctx.now()).toISOString(), version, ...(answer === undefined ? {} : { answer }) };
}
