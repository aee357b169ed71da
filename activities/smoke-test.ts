import type { Deps } from '../connectors/deps.ts';
import { type Bench, bench, type OpenProvider, type OpenTarget, openProvider, openTarget } from '../connectors/open.ts';
import type { Activities, KeyId, Stored, Target, Verdict, Which } from '../contract/index.ts';
import { KeyturnError } from '../contract/index.ts';
import { tested } from './create.ts';
import { standsStill } from './ledger.ts';
import { lookingMs, steadily, timesFor } from './steadily.ts';

type Test = Pick<Activities, 'testTarget' | 'proveAccepted' | 'proveRefused'>;

export function testActivities(deps: Deps): Test {
  return {
    async testTarget({ job, target, which, keyId, mayBeRefused, ownTests, standing }) {
      const on = bench(deps, job);
      const opened = await openProvider(on);
      const place = await openTarget(on, target, opened.fields);
      if (standing) await standsStill(on, target.name, keyId, place.powers.propagationMsMax);
      const stored = await readsAs(on, opened, place, { target, which, keyId });
      if (mayBeRefused) return tested(on, stored.version.id, undefined);
      const answer = await accepted(on, opened, place, stored, keyId);
      if (ownTests) await runOwnTests(on, opened, place, stored);
      return tested(on, stored.version.id, answer);
    },

    async proveAccepted(input) {
      const { steady, result } = await triedSteadily(deps, input, 'accepted');
      if (steady) return result;
      throw new KeyturnError('transient', `${input.keyId} is not accepted again yet (${result.answer ?? 'refused'})`);
    },

    async proveRefused(input) {
      const { steady, result } = await triedSteadily(deps, input, 'refused');
      if (steady) return result;
      throw new KeyturnError('transient', `${input.keyId} is still accepted by the provider`, {
        fix: 'look at the provider whether the key is really disabled or deleted',
      });
    },
  };
}

type Stood = Parameters<Test['proveRefused']>[0];

/** Uses the value that stands in this version until the provider's verdict is this one, each time that it is asked. */
async function triedSteadily(deps: Deps, { job, target, version, keyId }: Stood, verdict: Verdict['verdict']) {
  const on = bench(deps, job);
  const opened = await openProvider(on);
  const { powers, provider } = opened;
  const place = await openTarget(on, target, opened.fields);
  const stored = await readsAs(on, opened, place, { target, which: { id: version }, keyId });
  const { steady, last } = await steadily(
    on.ctx,
    { forMs: lookingMs(job, powers.propagationMsMax), everyMs: 500, times: timesFor(powers.propagationMsMax) },
    () => provider.verify(on.ctx, place.value(stored)),
    (seen) => seen.verdict === verdict,
  );
  return { steady, result: tested(on, stored.version.id, last.answer) };
}

/** Reads as a consumer would; a vault may serve the earlier current for a while after a move. */
async function readsAs(
  on: Bench,
  { provider }: OpenProvider,
  place: OpenTarget,
  wanted: { target: Target; which: Which; keyId: KeyId },
): Promise<Stored> {
  const { target, which, keyId } = wanted;
  const { propagationMsMax } = place.powers;
  const forMs = lookingMs(on.job, propagationMsMax);
  const look = async () => {
    const stored = await place.vault.read(on.ctx, which);
    const found = stored === 'absent' ? 'absent' : await provider.identify(on.ctx, place.value(stored));
    return { stored, found };
  };
  const { last } = await steadily(on.ctx, { forMs, everyMs: 500, times: 1 }, look, (seen) => seen.found === keyId);
  if (last.stored !== 'absent' && last.found === keyId) return last.stored;
  // A vault that is slower than one attempt is asked again.
  const kind = propagationMsMax > forMs ? 'transient' : 'conflict';
  throw new KeyturnError(kind, `${target.name} should hold ${keyId} but holds ${last.found}`, {
    fix: `find out who changed ${target.name}, or why the value does not fit it`,
  });
}

async function accepted(
  on: Bench,
  { provider, powers }: OpenProvider,
  place: OpenTarget,
  stored: Stored,
  keyId: KeyId,
): Promise<string | undefined> {
  if (!powers.verifies) return undefined;
  const { steady, last } = await steadily(
    on.ctx,
    { forMs: lookingMs(on.job, powers.propagationMsMax), everyMs: 500, times: 1 },
    () => provider.verify(on.ctx, place.value(stored)),
    (seen) => seen.verdict === 'accepted',
  );
  if (steady) return last.answer;
  throw new KeyturnError('invalid', `the provider refuses ${keyId} (${last.answer ?? 'refused'})`);
}

/** The credential's own tests, with the value that stands there. @throws KeyturnError `invalid` for the first that fails. */
export async function runOwnTests(
  on: Bench,
  { provider }: OpenProvider,
  place: OpenTarget,
  stored: Stored,
): Promise<void> {
  for (const test of on.job.credential.smokeTests) {
    if (!provider.smokeTest) {
      throw new KeyturnError('invalid', `provider ${on.job.credential.provider.type} runs no smoke tests`);
    }
    await provider.smokeTest(on.ctx, place.value(stored), test);
  }
}
