import type { Key, KeyId, Target, VersionId } from '../../contract/index.ts';
import { dropAtAccepters } from '../consumers.ts';
import { baselineOf, isInPlace, newKeyOf, type Run, refusal, step } from '../run.ts';

/** The pivot. The old key is gone at the provider, and proven refused. */
export async function remove(run: Run): Promise<void> {
  const { going } = baselineOf(run);
  for (const old of going) {
    await dropAtAccepters(run, old.id, newKeyOf(run).key.id);
    if (!isGone(run, old)) await step(run, `remove ${old.id}`).removeKey({ job: run.job, key: old });
    await proveRefused(run, old);
  }
}

/** By the new one in its place, or by a person's hand. */
function isGone(run: Run, old: Key): boolean {
  const { handedIn, keys, powers } = baselineOf(run);
  const isReplaced = handedIn !== undefined && !keys.some(({ id }) => id === old.id);
  return isInPlace(run) || powers.byHand !== undefined || isReplaced;
}

/** Uses the old value once more, and only now: from the refresh on nothing of ours has used it. */
export async function proveRefused(run: Run, key: Key): Promise<void> {
  const place = placeOfOld(run, key);
  if (!baselineOf(run).powers.verifies || !place) return;
  run.oldKeyRefused = await refusal(run, `prove ${key.id} refused`).proveRefused({ job: run.job, ...place });
}

/** Where the value of a key still stands, if any target served it. */
export function placeOfOld(run: Run, { id }: Key): { target: Target; version: VersionId; keyId: KeyId } | undefined {
  const { knownGood } = baselineOf(run);
  const target = run.credential.targets.find((each) => knownGood.get(each.name)?.keyId === id);
  const version = target && knownGood.get(target.name)?.version;
  return target && version !== undefined ? { target, version, keyId: id } : undefined;
}
