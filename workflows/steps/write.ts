import type { Target } from '../../contract/index.ts';
import { dropAtAccepters, hasAccepters, tellAccepters } from '../consumers.ts';
import { gate } from '../gate.ts';
import {
  baselineOf,
  checkpoint,
  isInPlace,
  knownGoodOf,
  newKeyOf,
  primaryLast,
  type Run,
  stages,
  step,
  toKnownGood,
} from '../run.ts';
import { prove } from './create.ts';

/**
 * Stores the new value in every target: unseen where the vault has staging; where it has none, as the newest and so current, which
 * is why those come last, when it is proven. In place they get it when the provider has it, not before.
 */
export async function write(run: Run): Promise<void> {
  const targets = primaryLast(run);
  await storeAll(
    run,
    targets.filter((target) => stages(run, target)),
  );
  if (hasAccepters(run)) {
    // Those who check a stored value take it beside the old one, which proves it.
    await tellAccepters(run, newKeyOf(run).key.id);
    await prove(run);
  }
  if (isInPlace(run)) return;
  await storeAll(
    run,
    targets.filter((target) => !stages(run, target)),
  );
}

async function storeAll(run: Run, targets: readonly Target[]): Promise<void> {
  for (const target of targets) {
    checkpoint(run);
    await store(run, target);
  }
}

export async function store(run: Run, target: Target): Promise<void> {
  const chosen = newKeyOf(run);
  const staging = stages(run, target);
  if (!staging) run.served = true;
  const expected = knownGoodOf(run, target).version;
  const version = await step(run, `write ${chosen.key.id} to ${target.name}`).writeTarget({
    job: run.job,
    target,
    chosen,
    expected,
  });
  run.written.set(target.name, version.id);
  if (!staging) run.current.set(target.name, version.id);
}

export async function unwrite(run: Run): Promise<void> {
  const { key } = newKeyOf(run);
  await restoreTargets(run);
  if (run.accepting) {
    if (run.served) await gate(run, { going: key, staying: toKnownGood(run) });
    await dropAtAccepters(run, key.id, baselineOf(run).oldKey.id);
  }
  for (const target of primaryLast(run)) {
    const version = run.written.get(target.name);
    const discard = { job: run.job, target, keyId: key.id, version };
    await step(run, `discard ${key.id} in ${target.name}`).discardVersion(discard);
  }
}

/** The known-good is current again in every target, whatever of the way there had happened. */
export async function restoreTargets(run: Run): Promise<void> {
  for (const target of [...primaryLast(run)].reverse()) {
    const { moved, version } = await step(run, `make the known-good current in ${target.name}`).restoreTarget({
      job: run.job,
      target,
      knownGood: knownGoodOf(run, target),
      newKey: run.newKey?.key.id,
    });
    // A rotation that was reset has forgotten that it made it current.
    if (moved) run.served = true;
    run.current.set(target.name, version.id);
  }
}
