import {
  changesMs,
  type KeyId,
  type ListedKey,
  type ProviderStanding,
  type SealedKey,
  type TargetStanding,
} from '../../contract/index.ts';
import { compromisedAt, isLeaked } from '../compromise.ts';
import { noteHandedIn, takenIn, untilHandedIn } from '../handed-in.ts';
import { judgeAccepters, judgeKeys, judgePending, judgeTargets, keysHeld } from '../judge.ts';
import { whenOpen } from '../open.ts';
import { type Baseline, instant, known, looking, type Run, step, TurnBack } from '../run.ts';
import { note } from '../track.ts';

/** Reads everything and decides whether the rotation may begin. Touches nothing. */
export async function inspect(run: Run): Promise<void> {
  run.baseline = await look(run);
  while (run.baseline.powers.byHand && !run.baseline.handedIn) {
    await untilHandedIn(run, run.baseline.powers.byHand);
    run.baseline = await look(run);
  }
  noteHandedIn(run);
  const leakedAt = compromisedAt(run.options);
  const { going, keys } = run.baseline;
  if (run.startedOver || leakedAt === undefined || [...keys, ...going].some((key) => isLeaked(key, leakedAt))) return;
  run.nothingLeaked = true;
  throw new TurnBack(`nothing that existed at ${leakedAt} is left`);
}

async function look(run: Run): Promise<Baseline> {
  run.options = [...run.inbox.requests];
  // Where people are asked first, they are asked at any time.
  if (!run.credential.approval) await whenOpen(run, 'making a new key', changesMs(run.credential));
  // What has come in the meantime counts as well.
  run.options = [...run.inbox.requests];
  return takeBaseline(run);
}

/** The key that every target names, one of ours, and what is known to others. */
function mayGo(run: Run, key: ListedKey, oldKeys: readonly ListedKey[]): boolean {
  const leakedAt = compromisedAt(run.options);
  return oldKeys.length === 1 || key.madeBy !== undefined || (leakedAt !== undefined && isLeaked(key, leakedAt));
}

export async function readTargets(run: Run): Promise<TargetStanding[]> {
  const { job, credential } = run;
  return Promise.all(
    credential.targets.map((target) => looking(run, `read ${target.name}`).inspectTarget({ job, target })),
  );
}

/** @param infers whether to write down what came of effects of which nobody heard. */
export async function takeBaseline(run: Run, { infers = true } = {}): Promise<Baseline> {
  const takenAt = instant(run);
  const standings = await readTargets(run);
  const held = keysHeld(standings);
  const handedIn = await takenIn(run);
  const provider = await step(run, 'list keys').inspectProvider({
    ...{ job: run.job, held: handedIn ? acceptedOf(standings, handedIn) : held },
    ...(infers ? {} : { infers }),
  });
  if (provider.leftOpen.length > 0) note(run.track, `an earlier rotation left: ${provider.leftOpen.join(', ')}`);
  judgeTargets(standings, run.options);
  judgeAccepters(standings, run.credential.consumers);
  judgePending(standings, oursOf(provider));
  const { oldKeys, leftovers } = judgeKeys(provider, { held, handedIn: handedIn?.key.id }, run.options);
  const planHash = await hashOf(run, planOf(run, standings, { leftovers, handedIn }));
  const oldKey = known(oldKeys[0], 'the current key');
  return {
    takenAt,
    powers: provider.powers,
    oldKey,
    placed: provider.keys.find(({ id }) => id === oldKey.id) ?? provider.keys[0] ?? oldKey,
    going: [...oldKeys.filter((key) => mayGo(run, key, oldKeys)), ...unlisted(run, held, handedIn)],
    leftovers,
    keys: provider.keys,
    knownGood: new Map(standings.map((standing) => [standing.target, servedBy(standing)])),
    leftPending: standings.filter((standing) => standing.pending !== undefined),
    broken: new Set(standings.filter(isBroken).map((standing) => standing.target)),
    vaults: new Map(standings.map((standing) => [standing.target, standing.powers])),
    ...(handedIn && { handedIn: asListed(handedIn, provider) }),
    ...(planHash !== undefined && { planHash }),
  };
}

async function hashOf(run: Run, plan: unknown): Promise<string | undefined> {
  if (!run.hashesPlan) return undefined;
  return step(run, 'hash the plan').hashPlan({ job: run.job, plan });
}

/** What is to go besides, and is in no list: unless it is what a target serves, or is to serve. */
function unlisted(run: Run, held: readonly KeyId[], handedIn: SealedKey | undefined): ListedKey[] {
  return run.unlisted.filter(({ id }, index, all) => {
    const isFirst = all.findIndex((key) => key.id === id) === index;
    return isFirst && !held.includes(id) && id !== handedIn?.key.id;
  });
}

/** Values that work: a place that holds a key of an unknown name holds one of these. */
function acceptedOf(standings: readonly TargetStanding[], { key }: SealedKey): KeyId[] {
  return [key.id, ...keysHeld(standings.filter((standing) => !isBroken(standing)))];
}

/** With what the provider says of it. */
function asListed({ key, sealed }: SealedKey, { keys }: ProviderStanding): SealedKey {
  return { key: keys.find(({ id }) => id === key.id) ?? key, sealed };
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

/** What an approver agrees to: all of the declaration, over what stands now. */
function planOf(
  run: Run,
  standings: readonly TargetStanding[],
  { handedIn, leftovers }: { handedIn: SealedKey | undefined; leftovers: readonly ListedKey[] },
): unknown {
  const { credential } = run;
  return {
    credential,
    serves: standings.map((standing) => ({ target: standing.target, ...servedBy(standing) })),
    removes: leftovers.map((key) => key.id),
    ...(handedIn && { handedIn: handedIn.key.id }),
  };
}
