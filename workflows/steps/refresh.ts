import { tellUsers } from '../consumers.ts';
import { checkpoint, instant, isInPlace, type Run, toKnownGood, toNew } from '../run.ts';
import { moveAll } from './move.ts';
import { testCurrent } from './smoke-test.ts';
import { switchBack } from './switch.ts';
import { restoreTargets } from './write.ts';

/** Makes the new version current, proves it there, and has every consumer take it up. */
export async function refresh(run: Run): Promise<void> {
  if (!isInPlace(run)) {
    await moveAll(run);
    await testCurrent(run, toNew(run));
  }
  checkpoint(run);
  await tellUsers(run, toNew(run));
  run.refreshedAt = instant(run);
  run.engine.searchable({ phase: 'retiring' });
}

/** The new key stays until nobody holds it: consumers are told again, and heard. */
export async function unrefresh(run: Run): Promise<void> {
  if (isInPlace(run)) await switchBack(run);
  else await restoreTargets(run);
  await testCurrent(run, toKnownGood(run));
  if (!run.told) return;
  await tellUsers(run, toKnownGood(run));
}
