import type { KeyId, ListedKey, ProviderStanding, TargetStanding } from '../../contract/index.ts';
import { judgeAccepters, judgeKeys, judgePending, judgeTargets, keysHeld } from '../judge.ts';
import { type Baseline, instant, known, type Run, step } from '../run.ts';
import { note } from '../track.ts';

/** Reads everything and decides whether the rotation may begin. Touches nothing. */
export async function inspect(run: Run): Promise<void> {
  run.options = [...run.inbox.requests];
  run.baseline = await takeBaseline(run);
}

export async function readTargets(run: Run): Promise<TargetStanding[]> {
  const { job, credential } = run;
  return Promise.all(
    credential.targets.map((target) => step(run, `read ${target.name}`).inspectTarget({ job, target })),
  );
}

export async function takeBaseline(run: Run): Promise<Baseline> {
  const takenAt = instant(run);
  const standings = await readTargets(run);
  const held = keysHeld(standings);
  const provider = await step(run, 'list keys').inspectProvider({ job: run.job, held });
  if (provider.leftOpen.length > 0) note(run.track, `an earlier rotation left: ${provider.leftOpen.join(', ')}`);
  judgeTargets(standings, run.options);
  judgeAccepters(standings, run.credential.consumers);
  judgePending(standings, oursOf(provider));
  const { oldKeys, leftovers } = judgeKeys(provider, held, run.options);
  const planHash = await step(run, 'hash the plan').hashPlan({ job: run.job, plan: planOf(run, standings, leftovers) });
  return {
    takenAt,
    powers: provider.powers,
    oldKey: known(oldKeys[0], 'the current key'),
    going: oldKeys.filter((key) => oldKeys.length === 1 || key.madeBy !== undefined),
    leftovers,
    keys: provider.keys,
    knownGood: new Map(standings.map((standing) => [standing.target, servedBy(standing)])),
    leftPending: standings.filter((standing) => standing.pending !== undefined),
    broken: new Set(standings.filter(isBroken).map((standing) => standing.target)),
    vaults: new Map(standings.map((standing) => [standing.target, standing.powers])),
    planHash,
  };
}

function isBroken({ current }: TargetStanding): boolean {
  return current !== 'absent' && current.verdict === 'refused';
}

function servedBy(standing: TargetStanding): { version: string; keyId: KeyId } {
  if (standing.current === 'absent') throw new TypeError(`${standing.target} serves nothing`);
  return { version: standing.current.version, keyId: standing.current.keyId };
}

function oursOf(provider: ProviderStanding): Set<KeyId> {
  return new Set([...provider.keys.filter((key) => key.madeBy !== undefined).map((key) => key.id), ...provider.made]);
}

/** What an approver agrees to. */
function planOf(run: Run, standings: readonly TargetStanding[], leftovers: readonly ListedKey[]): unknown {
  const { credential } = run;
  return {
    credential: credential.id,
    provider: credential.provider,
    targets: standings.map((standing) => ({ target: standing.target, ...servedBy(standing) })),
    consumers: credential.consumers.map((consumer) => consumer.name),
    removes: leftovers.map((key) => key.id),
    grace_ms: credential.graceMs,
    soak_ms: credential.soakMs,
  };
}
