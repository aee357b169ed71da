import { knownGoodOf, newKeyOf, primaryLast, type Run, stages, step } from '../run.ts';

/** Makes the new version current wherever the vault has staging. */
export async function moveAll(run: Run): Promise<void> {
  const { key } = newKeyOf(run);
  for (const target of primaryLast(run)) {
    if (!stages(run, target)) continue;
    const to = run.written.get(target.name);
    if (to === undefined) throw new TypeError(`nothing was written to ${target.name}`);
    run.served = true;
    const version = await step(run, `make ${key.id} current in ${target.name}`).moveCurrent({
      job: run.job,
      target,
      to,
      expected: knownGoodOf(run, target).version,
      keyId: key.id,
    });
    run.current.set(target.name, version.id);
  }
}
