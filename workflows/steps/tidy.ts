import { baselineOf, knownGoodOf, primaryLast, type Run, step, toNew } from '../run.ts';
import { sweep } from './create.ts';

/** Destroys the old value where the vault can, and looks once more for keys that a late attempt may have made. */
export async function tidy(run: Run): Promise<void> {
  const { powers, keys } = baselineOf(run);
  for (const target of primaryLast(run)) {
    const { keyId, version } = knownGoodOf(run, target);
    await step(run, `discard ${keyId} in ${target.name}`).discardVersion({ job: run.job, target, keyId, version });
  }
  if (!powers.chooses) await sweep(run, keys, toNew(run));
}
