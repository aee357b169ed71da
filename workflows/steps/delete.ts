import type { Key } from '../../contract/index.ts';
import { dropAtAccepters } from '../consumers.ts';
import { baselineOf, isInPlace, newKeyOf, type Run, refusal, step } from '../run.ts';

/** The pivot. The old key is gone at the provider, and proven refused. */
export async function remove(run: Run): Promise<void> {
  const { going } = baselineOf(run);
  for (const old of going) {
    await dropAtAccepters(run, old.id, newKeyOf(run).key.id);
    if (!isInPlace(run)) await step(run, `remove ${old.id}`).removeKey({ job: run.job, key: old });
    await proveRefused(run, old);
  }
}

/** Uses the old value once more, and only now: from the refresh on nothing of ours has used it. */
export async function proveRefused(run: Run, key: Key): Promise<void> {
  const { powers, knownGood } = baselineOf(run);
  if (!powers.verifies) return;
  const target = run.credential.targets.find((each) => knownGood.get(each.name)?.keyId === key.id);
  const version = target && knownGood.get(target.name)?.version;
  if (!target || version === undefined) return;
  run.oldKeyRefused = await refusal(run, `prove ${key.id} refused`).proveRefused({
    job: run.job,
    target,
    version,
    keyId: key.id,
  });
}
