import type { Deps } from '../connectors/deps.ts';
import { handInBinding, unsealFor } from '../connectors/keyrings/seal.ts';
import { type Bench, bench, type OpenProvider, openProvider } from '../connectors/open.ts';
import type { Activities, HandIn, KeyValue } from '../contract/index.ts';
import { KeyturnError } from '../contract/index.ts';
import { keepOut, seal } from './seal.ts';
import { lookingMs, steadily, timesFor } from './steadily.ts';

export function takeInActivities(deps: Deps): Pick<Activities, 'takeIn'> {
  return {
    async takeIn({ job, handedIn, untold }) {
      const on = bench(deps, job);
      await refuseReplayed(on, handedIn);
      const opened = await openProvider(on);
      const value = await unsealFor(deps.keys, handInBinding(job.credential, handedIn.id), handedIn.sealed);
      keepOut(on, opened.fields, value);
      const id = await opened.provider.identify(on.ctx, value);
      if (id === 'unknown') {
        throw new KeyturnError('invalid', 'the value handed in is not one of this provider', {
          fix: "hand in the whole document as the first target holds it, for a key of this credential's own provider",
        });
      }
      if (!untold && opened.powers.verifies) await refuseRefused(on, opened, value, id);
      return { key: { id, state: 'active' }, sealed: await seal(deps.keys, job, id, value) };
    },
  };
}

/** It stands in the history of the rotation that took it: whoever can start another could bring an old value back. */
async function refuseReplayed({ deps, job }: Bench, { id }: HandIn): Promise<void> {
  const records = await deps.sink.read(job.credential.id);
  const earlier = records.find(
    ({ entry: { detail, rotation, verb } }) => verb === 'handIn' && detail?.request === id && rotation !== job.rotation,
  );
  if (!earlier) return;
  throw new KeyturnError('conflict', `this value was handed in before, to the rotation ${earlier.entry.rotation}`, {
    fix: 'to use it again, hand it in anew',
  });
}

/** What becomes current has to work: it is tried before anything is touched. A key that was just made may take its time. */
async function refuseRefused(
  on: Bench,
  { powers, provider }: OpenProvider,
  value: KeyValue,
  id: string,
): Promise<void> {
  const { propagationMsMax } = powers;
  const forMs = lookingMs(on.job, propagationMsMax);
  const options = { forMs, everyMs: 500, times: timesFor(propagationMsMax) };
  const look = () => provider.verify(on.ctx, value);
  const { last, steady } = await steadily(on.ctx, options, look, ({ verdict }) => verdict === 'accepted');
  if (steady) return;
  const why = last.answer === undefined ? '' : ` (${last.answer})`;
  throw new KeyturnError(
    forMs < propagationMsMax ? 'transient' : 'invalid',
    `the provider refuses the value handed in, ${id}${why}`,
    { fix: 'make the key at the provider first, and see that it works; then hand its value in' },
  );
}
