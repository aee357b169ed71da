import type { RotationEnd } from '../../contract/index.ts';
import { recordDecisions } from '../gate.ts';
import { instant, known, patient, type Run } from '../run.ts';
import { written } from '../written.ts';

/** Closes the audit chain: outcome, evidence, head. */
export async function record(run: Run): Promise<void> {
  await recordDecisions(run);
  const end = endOf(run);
  const evidence = written(run.evidence);
  const audit = await patient(run, `record ${end.outcome}`).recordEnd({ job: run.job, end, evidence });
  const last = evidence.at(-1);
  run.end = { ...end, ...(last ? { evidence: last } : {}), audit };
}

/** Without the evidence, which goes to the audit once. */
function endOf(run: Run): Omit<RotationEnd, 'evidence'> {
  const { baseline, newKey, refreshedAt, oldKeyRefused, gapMs } = run;
  const outcome = known(run.outcome, 'the outcome');
  const inUse = run.foundKey ?? newKey?.key.id;
  return {
    rotation: run.job.rotation,
    credential: run.credential.id,
    outcome,
    ...(run.reason && outcome !== 'rotated' ? { reason: run.reason } : {}),
    startedAt: run.startedAt,
    endedAt: instant(run),
    ...(baseline ? { oldKey: baseline.oldKey.id } : {}),
    ...(leftAtProvider(run).length > 0 ? { leftAtProvider: leftAtProvider(run) } : {}),
    ...(inUse === undefined ? {} : { newKey: inUse }),
    ...(refreshedAt && outcome === 'rotated' ? { refreshedAt } : {}),
    ...(oldKeyRefused && outcome === 'rotated' ? { oldKeyRefused: refusedAs(oldKeyRefused) } : {}),
    ...(gapMs === undefined ? {} : { gapMs }),
    ...(run.resolvedBy ? { resolvedBy: run.resolvedBy.by } : {}),
  };
}

function leftAtProvider(run: Run): string[] {
  if (run.outcome !== 'rotated') return run.handedInKey === undefined ? [] : [run.handedInKey];
  if (!run.baseline) return [];
  const { going, knownGood } = run.baseline;
  const served = new Set([...knownGood.values()].map((each) => each.keyId));
  return [...served].filter((id) => !going.some((key) => key.id === id));
}

function refusedAs(result: { at: string; answer?: string }): { at: string; answer?: string } {
  return { at: result.at, ...(result.answer === undefined ? {} : { answer: result.answer }) };
}
