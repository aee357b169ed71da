import type { Evidence } from '../../contract/index.ts';
import { checkpoint, type KeyOf, known, mayBeRefused, newKeyOf, type Run, stages, step } from '../run.ts';

/** Reads back from each target what a consumer would read, uses it at the provider, runs the credential's own tests. */
export async function smokeTest(run: Run): Promise<void> {
  const { key } = newKeyOf(run);
  for (const target of run.credential.targets) {
    checkpoint(run);
    const id = known(run.written.get(target.name), `the version written to ${target.name}`);
    const which = stages(run, target) ? { id } : ('current' as const);
    const name = `test ${key.id} from ${target.name}`;
    await step(run, name).testTarget({
      job: run.job,
      target,
      which,
      keyId: key.id,
      ownTests: true,
      mayBeRefused: false,
    });
  }
}

/** Proves that what each target serves now is this key, and that it works. */
export async function testCurrent(
  run: Run,
  keyOf: KeyOf,
  { purpose = '', standing = false } = {},
): Promise<Evidence['readBack']> {
  const results: { target: string; version: string; answer?: string }[] = [];
  for (const target of run.credential.targets) {
    const keyId = keyOf(target.name);
    const tester = step(run, `${purpose}test what ${target.name} serves`);
    const { version, answer } = await tester.testTarget({
      job: run.job,
      target,
      which: 'current',
      keyId,
      ownTests: true,
      mayBeRefused: mayBeRefused(run, target.name, keyId),
      ...(standing ? { standing } : {}),
    });
    results.push({ target: target.name, version, ...(answer === undefined ? {} : { answer }) });
  }
  return results;
}
