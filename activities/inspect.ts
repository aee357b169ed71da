import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { Deps } from '../connectors/deps.ts';
import {
  type Bench,
  bench,
  checkReferences,
  type OpenProvider,
  type OpenTarget,
  openProvider,
  openTarget,
} from '../connectors/open.ts';
import type { Activities, KeyId, KeyValue, ListedKey, Stored, Target, TargetStanding } from '../contract/index.ts';
import { KeyturnError } from '../contract/index.ts';
import { inferLost, readLedger, standsStill } from './ledger.ts';
import { runOwnTests } from './smoke-test.ts';

type Inspect = Pick<Activities, 'inspectTarget' | 'inspectProvider' | 'hashPlan'>;

export function inspectActivities(deps: Deps): Inspect {
  return {
    async inspectTarget({ job, target }) {
      return standingOf(bench(deps, job), target);
    },

    async inspectProvider({ job, held, infers }) {
      const on = bench(deps, job);
      const { provider, powers } = await openProvider(on);
      for (const consumer of job.credential.consumers) await checkReferences(on, consumer);
      const keys = await provider.inventory(on.ctx, held);
      const leftOpen = infers === false ? [] : await inferLost(on, keys, held);
      const ledger = await readLedger(on);
      const listed = keys.map(
        (key): ListedKey => ({
          ...key,
          ...(ledger.made.has(key.id) ? { madeBy: ledger.made.get(key.id) } : {}),
          ...(ledger.madeAt.has(key.id) ? { madeAt: ledger.madeAt.get(key.id) } : {}),
          ...(ledger.served.has(key.id) ? { served: true } : {}),
        }),
      );
      return { powers, keys: listed, made: [...ledger.made.keys()], leftOpen };
    },

    async hashPlan({ plan }) {
      return createHash('sha256')
        .update(canonicalize(plan) ?? '')
        .digest('hex')
        .slice(0, 16);
    },
  };
}

async function standingOf(on: Bench, target: Target): Promise<TargetStanding> {
  const opened = await openProvider(on);
  const place = await openTarget(on, target, opened.fields);
  const current = await place.vault.read(on.ctx, 'current');
  const served = current === 'absent' ? 'unknown' : (await identified(on, opened, place, current)).keyId;
  await standsStill(on, target.name, served, place.powers.propagationMsMax);
  const pending = place.powers.staging ? await place.vault.read(on.ctx, 'pending') : 'absent';
  return {
    target: target.name,
    current: current === 'absent' ? 'absent' : await tested(on, opened, place, current),
    ...(pending === 'absent' ? {} : { pending: await identified(on, opened, place, pending) }),
    powers: place.powers,
  };
}

async function tested(on: Bench, opened: OpenProvider, place: OpenTarget, stored: Stored) {
  const found = await identified(on, opened, place, stored);
  if (found.keyId === 'unknown' || !opened.powers.verifies) return { ...found, verdict: 'untested' as const };
  const { verdict, answer } = await opened.provider.verify(on.ctx, place.value(stored));
  // A test that fails for the known-good says nothing of a new value, and would fail again on the way back.
  const failing = verdict === 'accepted' ? await failingTest(on, opened, place, stored) : undefined;
  if (failing !== undefined) return { ...found, verdict: 'refused' as const, answer: failing };
  return { ...found, verdict, ...(answer === undefined ? {} : { answer }) };
}

async function failingTest(on: Bench, opened: OpenProvider, place: OpenTarget, stored: Stored) {
  try {
    await runOwnTests(on, opened, place, stored);
    return undefined;
  } catch (error) {
    if (error instanceof KeyturnError && error.kind === 'invalid') return error.message;
    throw error;
  }
}

async function identified(on: Bench, { provider }: OpenProvider, place: OpenTarget, stored: Stored) {
  const value: KeyValue = place.value(stored);
  const keyId: KeyId | 'unknown' = await provider.identify(on.ctx, value);
  return { version: stored.version.id, keyId };
}
