import { gate } from '../gate.ts';
import { baselineOf, checkpoint, isInPlace, known, mayBeRefused, type Run, step, toNew, urgencyOf } from '../run.ts';
import { rest } from '../waiting.ts';
import { proveRefused } from './delete.ts';
import { testCurrent } from './smoke-test.ts';

const soakLooksMax = 8;

/** The grace; the evidence gate; then the old key is disabled where that can be taken back, and watched. */
export async function retire(run: Run): Promise<void> {
  const { going, powers } = baselineOf(run);
  await grace(run);
  for (const old of going) await gate(run, { going: old, staying: toNew(run) });
  if (!powers.disables || isInPlace(run)) return;
  for (const old of going) {
    checkpoint(run);
    if (old.state === 'disabled') continue;
    await step(run, `disable ${old.id}`).disableKey({ job: run.job, key: old });
    await proveRefused(run, old);
  }
  await soak(run);
}

async function grace(run: Run): Promise<void> {
  const { graceMs } = run.credential;
  const sinceMs = Date.parse(known(run.refreshedAt, 'the refresh'));
  if (hurried(run)) return;
  const untilMs = sinceMs + graceMs;
  await rest(run, { name: 'grace', detail: 'the old key still works', untilMs, hurried: () => hurried(run) });
}

/** An expedited request ends grace and soak, also one that comes while they last. The evidence it cannot skip. */
function hurried(run: Run): boolean {
  return urgencyOf(run) === 'expedited';
}

/** The old key is refused but can come back: anything that turns red in this time brings it back. */
async function soak(run: Run): Promise<void> {
  const { soakMs, limits } = run.credential;
  if (soakMs === 0 || hurried(run)) return;
  const endMs = run.engine.now() + soakMs;
  const lookMs = Math.max(limits.pollMs, Math.ceil(soakMs / soakLooksMax));
  while (run.engine.now() < endMs) {
    const nextMs = Math.min(endMs, run.engine.now() + lookMs);
    const skipped = await rest(run, {
      name: 'soak',
      detail: 'the old key is disabled, and can come back',
      untilMs: nextMs,
      shownUntilMs: endMs,
      hurried: () => hurried(run),
    });
    await testCurrent(run, toNew(run));
    if (skipped || hurried(run)) return;
  }
}

export async function unretire(run: Run): Promise<void> {
  const { going, powers } = baselineOf(run);
  if (!powers.disables || isInPlace(run)) return;
  for (const old of going) {
    if (old.state === 'disabled') continue;
    await step(run, `enable ${old.id} again`).enableKey({ job: run.job, key: old });
    await proveAccepted(run, old.id);
  }
}

async function proveAccepted(run: Run, keyId: string): Promise<void> {
  for (const target of run.credential.targets) {
    const knownGood = baselineOf(run).knownGood.get(target.name);
    if (knownGood?.keyId !== keyId) continue;
    const which = { id: knownGood.version };
    const name = `prove ${keyId} accepted again`;
    const refused = mayBeRefused(run, target.name, keyId);
    await step(run, name).testTarget({
      job: run.job,
      target,
      which,
      keyId,
      ownTests: false,
      mayBeRefused: refused,
    });
    return;
  }
}
