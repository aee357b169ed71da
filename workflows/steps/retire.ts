import { gate } from '../gate.ts';
import { whenOpen } from '../open.ts';
import {
  baselineOf,
  checkpoint,
  hurried,
  isInPlace,
  known,
  mayBeRefused,
  type Run,
  step,
  toKnownGood,
  toNew,
} from '../run.ts';
import { rest } from '../waiting.ts';
import { revokedByHand } from './by-hand.ts';
import { proveRefused } from './delete.ts';
import { testCurrent } from './smoke-test.ts';

const soakLooksMax = 8;

/** The grace; the evidence gate; then the old key is disabled where that can be taken back, and watched. */
export async function retire(run: Run): Promise<void> {
  const { going, powers } = baselineOf(run);
  const soaks = powers.disables && !isInPlace(run);
  await grace(run);
  // What was found before a wait is old after it.
  do for (const old of going) await gate(run, { going: old, staying: toNew(run) });
  while (await whenOpen(run, `${soaks ? 'disabling' : 'deleting'} the old key`));
  if (powers.byHand) return revokedByHand(run);
  if (!soaks) return;
  for (const old of going) {
    checkpoint(run);
    if (old.state === 'disabled') continue;
    await step(run, `disable ${old.id}`).disableKey({ job: run.job, key: old });
    await proveRefused(run, old);
  }
  await soak(run);
  if (await whenOpen(run, 'deleting the old key')) await testCurrent(run, toNew(run));
}

async function grace(run: Run): Promise<void> {
  const { graceMs } = run.credential;
  const sinceMs = Date.parse(known(run.refreshedAt, 'the refresh'));
  if (hurried(run)) return;
  const untilMs = sinceMs + graceMs;
  await rest(run, { name: 'grace', detail: 'the old key still works', untilMs, hurried: () => hurried(run) });
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

/** The known-good is what stands everywhere, and is accepted each time that it is tried. */
export async function proveRestored(run: Run): Promise<void> {
  await testCurrent(run, toKnownGood(run), { standing: true });
  const { knownGood, powers } = baselineOf(run);
  if (!powers.verifies) return;
  for (const keyId of new Set([...knownGood.values()].map((each) => each.keyId))) await proveAccepted(run, keyId);
}

/** Until it is accepted again, each time that it is tried; a known-good that was broken already says nothing. */
export async function proveAccepted(run: Run, keyId: string): Promise<void> {
  const { knownGood } = baselineOf(run);
  const target = run.credential.targets.find(({ name }) => knownGood.get(name)?.keyId === keyId);
  const version = target && knownGood.get(target.name)?.version;
  if (!target || version === undefined || mayBeRefused(run, target.name, keyId)) return;
  const prover = step(run, `prove ${keyId} accepted again`);
  await prover.proveAccepted({ job: run.job, target, version, keyId });
}
