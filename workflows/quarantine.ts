import type { Outcome, Quarantine, TargetStanding } from '../contract/index.ts';
import { baselineOf, instant, isInPlace, type Run, reasonOf } from './run.ts';
import type { Settled } from './saga.ts';
import { readTargets } from './steps/inspect.ts';
import { decide } from './waiting.ts';

/** Stands open with an exact to-do until a person says "try again" or "I have mended it". */
export async function quarantine(
  run: Run,
  step: string,
  during: 'run' | 'undo',
  error: unknown,
  shown: () => void,
): Promise<Settled> {
  const { inbox, track } = run;
  const reason = reasonOf(error);
  track.tried.push(`${during === 'undo' ? 'undo of ' : ''}${step}: ${reason.message}`);
  track.quarantine = {
    at: instant(run),
    step,
    during,
    reason,
    standing: standing(run),
    tried: [...track.tried],
    todo: todo(run, reason.fix, during),
  };
  inbox.retry = undefined;
  run.engine.searchable({ phase: 'quarantined' });
  shown();
  await run.engine.condition(() => inbox.retry !== undefined || inbox.resolvedBy !== undefined);
  track.quarantine = undefined;
  if (inbox.resolvedBy) {
    run.resolvedBy = inbox.resolvedBy;
    decide(run, 'resolve', inbox.resolvedBy);
    return 'resolved';
  }
  if (inbox.retry) decide(run, 'retry', inbox.retry);
  run.engine.searchable({ phase: run.refreshedAt ? 'retiring' : 'rotating' });
  return 'retry';
}

function standing(run: Run): string[] {
  const { baseline, newKey } = run;
  if (!baseline) return ['nothing has been touched'];
  const targets = run.credential.targets.map((target) => {
    const knownGood = baseline.knownGood.get(target.name);
    const written = run.written.get(target.name);
    const current = run.current.get(target.name) ?? knownGood?.version;
    return `target ${target.name}: current was version ${current} when last seen; known-good ${knownGood?.keyId} is version ${
      knownGood?.version
    }${written === undefined ? '' : `, the new key is version ${written}`}`;
  });
  const keys = baseline.going.map((key) => `old key: ${key.id}`);
  return [...targets, ...keys, newKey ? `new key: ${newKey.key.id}` : 'no new key is known'];
}

function todo(run: Run, fix: string | undefined, during: Quarantine['during']): string[] {
  const { id } = run.credential;
  const direction = during === 'undo' ? 'go on putting the known-good back' : 'go on';
  return [
    ...(fix === undefined ? [] : [fix]),
    `when that is done: retry ${id} (it will ${direction})`,
    `or mend it by hand so that every target serves one key that works, and the other key is gone; then: resolve ${id}`,
  ];
}

export type Found = { outcome: Outcome } | { refused: string };

/** Looks at everything again, and says as what the rotation can end. */
export async function examine(run: Run): Promise<Found> {
  const standings = await readTargets(run);
  const held = standings.flatMap((each) => (each.current === 'absent' ? [] : [each.current.keyId]));
  const { keys } = await run.engine
    .activities({ summary: 'list keys', attemptMs: run.credential.limits.attemptMs, retryMs: 500, retryMsMax: 2_000 })
    .inspectProvider({ job: run.job, held });
  const listed = (id: string) => keys.some((key) => key.id === id);
  const { newKey } = run;
  const { going, knownGood } = baselineOf(run);
  if (newKey && servesAll(standings, () => newKey.key.id)) {
    const left = isInPlace(run) ? [] : going.filter((key) => listed(key.id));
    if (left.length === 0) return { outcome: 'rotated' };
    return {
      refused: `every target serves ${newKey.key.id}, but the provider still lists ${left.map((key) => key.id)}`,
    };
  }
  if (!run.pastPivot && servesAll(standings, (target) => knownGood.get(target)?.keyId)) {
    if (!newKey || isInPlace(run) || !listed(newKey.key.id)) return { outcome: 'restored' };
    return { refused: `the known-good is current everywhere, but the provider still lists ${newKey.key.id}` };
  }
  return { refused: `not mended yet: ${standings.map(describe).join('; ')}` };
}

function servesAll(standings: readonly TargetStanding[], keyOf: (target: string) => string | undefined): boolean {
  return standings.every(
    ({ target, current }) => current !== 'absent' && current.keyId === keyOf(target) && current.verdict !== 'refused',
  );
}

function describe({ target, current }: TargetStanding): string {
  if (current === 'absent') return `${target} serves nothing`;
  return `${target} serves ${current.keyId} (${current.verdict})`;
}
