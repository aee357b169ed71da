import type { Key, ListedKey } from '../../contract/index.ts';
import { hasAccepters } from '../consumers.ts';
import { gate } from '../gate.ts';
import { baselineOf, checkpoint, isInPlace, type KeyOf, newKeyOf, type Run, step, toKnownGood } from '../run.ts';
import { attend } from '../waiting.ts';

/** A second key beside the one in use, proven at the provider; or, in place, only the choice of its value. */
export async function create(run: Run): Promise<void> {
  await clearLeftovers(run);
  checkpoint(run);
  // Where there is no way back it is run again: then its key is there.
  const { handedIn, powers } = baselineOf(run);
  if (handedIn) run.newKey = handedIn;
  else if (powers.chooses) await choose(run);
  else if (run.newKey === undefined) await mint(run);
  // Those who check a stored value have first to be told of it.
  if (!hasAccepters(run) && !isInPlace(run)) await prove(run);
}

async function choose(run: Run): Promise<void> {
  const { oldKey } = baselineOf(run);
  const { job } = run;
  run.newKey ??= await step(run, 'choose a value').chooseKey({ job, held: oldKey.id, keys: staying(run) });
  if (isInPlace(run)) return;
  const chosen = run.newKey;
  const key = await step(run, `set ${chosen.key.id}`).applyKey({ job, chosen, expected: undefined });
  run.newKey = { ...chosen, key };
}

async function mint(run: Run): Promise<void> {
  const { keys, oldKey } = baselineOf(run);
  run.newKey = await step(run, 'mint a key').mintKey({ job: run.job, baseline: keys, held: oldKey.id });
}

/** Uses the new value at the provider until it is accepted steadily: keys take seconds to be known everywhere. */
export async function prove(run: Run): Promise<void> {
  if (!baselineOf(run).powers.verifies) return;
  const chosen = newKeyOf(run);
  const prover = step(run, `prove ${chosen.key.id}`);
  await attend(run, { name: 'propagation', detail: `until ${chosen.key.id} is accepted`, mustHold: true }, () =>
    prover.proveKey({ job: run.job, chosen }),
  );
}

export async function removeNewKey(run: Run): Promise<void> {
  const { handedIn, keys } = baselineOf(run);
  // What a person has made is theirs to remove.
  if (isInPlace(run) || handedIn) return;
  const { job, newKey } = run;
  if (newKey) {
    if (run.served) await gate(run, { going: newKey.key, staying: toKnownGood(run) });
    await step(run, `remove ${newKey.key.id}`).removeKey({ job, key: newKey.key });
  }
  await sweep(run, keys, toKnownGood(run));
}

/** Removes keys that this rotation made and lost; those that were in use, as before a reset, with evidence only. */
export async function sweep(run: Run, baseline: readonly Key[], staying: KeyOf): Promise<void> {
  const { job } = run;
  for (const key of await lostKeys(run, baseline)) {
    await gate(run, { going: key, staying, standing: true });
    await step(run, `remove ${key.id}, forgotten`).removeKey({ job, key });
  }
}

/** @returns keys of this rotation that it has forgotten and that were in use. */
export function lostKeys(run: Run, baseline: readonly Key[]): Promise<readonly Key[]> {
  const keep = run.undoing ? [] : [newKeyOf(run).key.id];
  return step(run, 'look for lost keys').sweepKeys({ job: run.job, baseline, keep });
}

async function clearLeftovers(run: Run): Promise<void> {
  const { leftovers, leftPending } = baselineOf(run);
  const { job, credential } = run;
  for (const standing of leftPending) {
    const target = credential.targets.find((each) => each.name === standing.target);
    const { pending } = standing;
    if (!target || !pending) continue;
    const discard = { job, target, keyId: pending.keyId, version: pending.version };
    await step(run, `discard what was left pending in ${target.name}`).discardVersion(discard);
  }
  for (const key of leftovers) {
    if (key.served || key.madeBy === undefined)
      await gate(run, { going: key, staying: toKnownGood(run), standing: true });
    await step(run, `remove ${key.id}, left over`).removeKey({ job, key });
  }
}

function staying(run: Run): readonly ListedKey[] {
  const { keys, leftovers } = baselineOf(run);
  return keys.filter((key) => !leftovers.includes(key));
}
