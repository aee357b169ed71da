import type { Key, ListedKey } from '../../contract/index.ts';
import { hasAccepters } from '../consumers.ts';
import { gate } from '../gate.ts';
import { baselineOf, checkpoint, isInPlace, newKeyOf, type Run, step, toKnownGood } from '../run.ts';
import { attend, rest } from '../waiting.ts';

/** A second key beside the one in use, proven at the provider; or, in place, only the choice of its value. */
export async function create(run: Run): Promise<void> {
  await clearLeftovers(run);
  checkpoint(run);
  const { powers, oldKey, keys } = baselineOf(run);
  const { job } = run;
  if (powers.chooses) {
    run.newKey = await step(run, 'choose a value').chooseKey({ job, held: oldKey.id, keys: staying(run) });
    if (isInPlace(run)) return;
    const chosen = run.newKey;
    const key = await step(run, `set ${chosen.key.id}`).applyKey({ job, chosen, expected: undefined });
    run.newKey = { ...chosen, key };
  } else {
    // Until it is known what came of it: of several attempts, an earlier one may have hung.
    run.mintUnsure = true;
    run.newKey = await step(run, 'mint a key').mintKey({ job, baseline: keys, held: oldKey.id });
    run.mintUnsure = false;
  }
  // Those who check a stored value have first to be told of it.
  if (!hasAccepters(run)) await prove(run);
}

/** Uses the new value at the provider until it is accepted steadily: keys take seconds to be known everywhere. */
export async function prove(run: Run): Promise<void> {
  if (!baselineOf(run).powers.verifies) return;
  const chosen = newKeyOf(run);
  const prover = step(run, `prove ${chosen.key.id}`);
  await attend(run, { name: 'propagation', detail: `until ${chosen.key.id} is accepted` }, () =>
    prover.proveKey({ job: run.job, chosen }),
  );
}

export async function removeNewKey(run: Run): Promise<void> {
  if (isInPlace(run)) return;
  const { powers, keys } = baselineOf(run);
  const { job, newKey } = run;
  if (newKey) {
    if (run.served) await gate(run, { going: newKey.key, staying: toKnownGood(run) });
    await step(run, `remove ${newKey.key.id}`).removeKey({ job, key: newKey.key });
  }
  if (powers.chooses) return;
  if (run.mintUnsure) {
    const untilMs = run.engine.now() + run.credential.limits.attemptMs + powers.propagationMsMax;
    await rest(run, { name: 'late attempts', detail: 'until a late attempt to mint would show', untilMs });
  }
  await sweep(run, keys);
}

/** Looks for keys that this rotation made and lost. */
export async function sweep(run: Run, baseline: readonly Key[]): Promise<void> {
  const keep = run.undoing ? [] : [newKeyOf(run).key.id];
  const job = run.job;
  await step(run, 'look for lost keys').sweepKeys({ job, baseline, keep });
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
    if (key.served || key.madeBy === undefined) await gate(run, { going: key, staying: toKnownGood(run) });
    await step(run, `remove ${key.id}, left over`).removeKey({ job, key });
  }
}

function staying(run: Run): readonly ListedKey[] {
  const { keys, leftovers } = baselineOf(run);
  return keys.filter((key) => !leftovers.includes(key));
}
