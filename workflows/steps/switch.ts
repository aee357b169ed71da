import { baselineOf, known, knownGoodOf, newKeyOf, primaryLast, type Run, stages, step } from '../run.ts';
import { prove } from './create.ts';
import { moveAll } from './move.ts';
import { proveAccepted } from './retire.ts';
import { restoreTargets, store } from './write.ts';

/**
 * In place only: sets the new value at the provider, which refuses the old one from then on, and at once makes it
 * current everywhere. The gap between the two is measured.
 */
export async function switchOver(run: Run): Promise<void> {
  const { handedIn, placed } = baselineOf(run);
  const chosen = newKeyOf(run);
  const beganMs = run.engine.now();
  run.served = true;
  if (!handedIn) {
    const key = await step(run, `set ${chosen.key.id}`).applyKey({ job: run.job, chosen, expected: placed });
    run.newKey = { ...chosen, key };
  }
  await prove(run);
  for (const target of primaryLast(run)) if (!stages(run, target)) await store(run, target);
  await moveAll(run);
  run.gapMs = run.engine.now() - beganMs;
}

/** Asked for by two undos where consumers had been told already; the second finds it done. */
export async function switchBack(run: Run): Promise<void> {
  if (run.switchedBack) return;
  const { oldKey, placed } = baselineOf(run);
  const [target] = run.credential.targets;
  const primary = known(target, 'the primary target');
  const { version } = knownGoodOf(run, primary);
  await step(run, `set ${oldKey.id} again`).reapplyKey({
    job: run.job,
    target: primary,
    version,
    key: oldKey,
    newKey: newKeyOf(run).key,
    placed,
  });
  await proveAccepted(run, oldKey.id);
  await restoreTargets(run);
  run.switchedBack = true;
}
