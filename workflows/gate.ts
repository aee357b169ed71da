import type { Evidence, Key, KeyId, ListedKey } from '../contract/index.ts';
import { isLeakedIn } from './compromise.ts';
import { confirmUsers } from './consumers.ts';
import { baselineOf, instant, type KeyOf, known, patient, type Run, step } from './run.ts';
import { testCurrent } from './steps/smoke-test.ts';
import { attend } from './waiting.ts';

export interface Gated {
  going: ListedKey;
  staying: KeyOf;
  /** The key that goes is one that this run did not make: what is read has to be beyond what whoever did may still do. */
  standing?: true;
}

/**
 * The evidence gate: what a key needs to go, on the way forward or back. The value that stays, read back from every target,
 * passes its tests; every required consumer attests it; and, where the provider can tell, the key that goes has been
 * unused since for longer than the provider's reporting lag. A person may waive a named laggard, which is audited.
 */
export async function gate(run: Run, keys: Gated): Promise<Evidence> {
  // The deadline of a compromise is for what is compromised.
  run.strict = !isLeakedIn(run, keys.going);
  try {
    return await gather(run, keys);
  } finally {
    run.strict = false;
  }
}

async function gather(run: Run, { going, standing, staying }: Gated): Promise<Evidence> {
  const kept = staying(known(run.credential.targets[0], 'the primary target').name);
  const read = () => testCurrent(run, staying, { purpose: 'evidence: ', ...(standing && { standing }) });
  let readBack = await read();
  const readMs = run.engine.now();
  const consumers = await confirmUsers(run, staying);
  const unused = await awaitUnused(run, going, kept);
  // These waits may take days, in which others act.
  if (run.engine.now() - readMs > run.credential.limits.attemptMs) readBack = await read();
  const evidence: Evidence = { at: instant(run), going: going.id, staying: kept, readBack, consumers, ...unused };
  run.evidence.push(evidence);
  await recordDecisions(run);
  return evidence;
}

async function awaitUnused(run: Run, key: Key, held: KeyId): Promise<Pick<Evidence, 'lastUse' | 'quietSince'>> {
  if (!baselineOf(run).powers.tellsUse) return { lastUse: 'cannot tell' };
  const since = run.attestedAt ?? instant(run);
  const wait = {
    name: 'last use',
    detail: `until the provider reports no use of ${key.id} since ${since}`,
    lateAfterMs: run.credential.refreshWithinMs,
  };
  const quiet = await attend(run, wait, () =>
    patient(run, `evidence: last use of ${key.id}`).awaitUnused({ job: run.job, key, held, since }),
  );
  if ('waivedBy' in quiet) return { lastUse: 'waived' };
  if ('woken' in quiet) throw new TypeError('nothing wakes this wait');
  const { quietSince, indicative } = quiet.value;
  return { lastUse: indicative ? 'indicative' : 'unused', quietSince };
}

/** Writes down what people decided, before what they decided takes effect. */
export async function recordDecisions(run: Run): Promise<void> {
  if (run.decisions.length === 0) return;
  const entries = run.decisions.splice(0);
  try {
    await step(run, 'record decisions').recordDecisions({ job: run.job, entries });
  } catch (error) {
    run.decisions.unshift(...entries);
    throw error;
  }
}
