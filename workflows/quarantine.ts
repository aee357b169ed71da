import {
  type Key,
  type KeyId,
  KeyturnError,
  type Outcome,
  type Quarantine,
  type Reason,
  type TargetStanding,
} from '../contract/index.ts';
import { isCompromised, isOvertaken } from './compromise.ts';
import { tellPeople } from './notices.ts';
import {
  baselineOf,
  brief,
  checkpoint,
  instant,
  isInPlace,
  type KeyOf,
  mayBeRefused,
  type Run,
  reasonOf,
  step,
  toKnownGood,
  toNew,
} from './run.ts';
import type { Settled } from './saga.ts';
import { lostKeys } from './steps/create.ts';
import { placeOfOld } from './steps/delete.ts';
import { readTargets } from './steps/inspect.ts';
import { decide } from './waiting.ts';

/** Stands open with an exact to-do until a person says "try again" or "I have mended it". */
export async function quarantine(
  run: Run,
  failed: string,
  during: 'run' | 'undo',
  error: unknown,
  shown: () => void,
): Promise<Settled> {
  const { inbox, track } = run;
  const reason = reasonOf(error);
  track.tried.push(`${during === 'undo' ? 'undo of ' : ''}${failed}: ${reason.message}`);
  track.quarantine = {
    at: instant(run),
    step: failed,
    during,
    reason,
    standing: standing(run),
    tried: [...track.tried],
    todo: todo(run, reason, during),
  };
  inbox.retry = undefined;
  inbox.resolvedBy = undefined;
  run.engine.searchable({ phase: 'quarantined' });
  shown();
  const { id } = run.credential;
  void tellPeople(run, `quarantined/${track.tried.length}`, {
    kind: 'quarantined',
    text: `${id} is quarantined in ${during === 'undo' ? 'undo of ' : ''}${failed}: ${reason.message}`,
    todo: track.quarantine.todo,
  });
  const answered = () => inbox.retry !== undefined || inbox.resolvedBy !== undefined;
  await run.engine.condition(() => answered() || isOvertaken(run));
  track.quarantine = undefined;
  shown();
  if (!answered()) checkpoint(run);
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

function todo(run: Run, reason: Reason, during: Quarantine['during']): string[] {
  const { id } = run.credential;
  const { fix } = reason;
  const direction = during === 'undo' ? 'go on putting the known-good back' : 'go on';
  return [
    fix ?? `mend this first: ${reason.message}`,
    `when that is done: keyturn retry ${id} (it will ${direction})`,
    `or mend it by hand so that every target serves one key that works, and the other key is gone; then: keyturn resolve ${id}`,
    `or, last of all, end it by force (temporal workflow terminate --workflow-id rotation/${id}) and rotate again: the next rotation looks at what this one left`,
  ];
}

/** `key`: in use everywhere, and none that this rotation knows of. */
export type Found = { outcome: Outcome; key?: KeyId } | { refused: string };

/** Looks at everything again, and says as what the rotation can end. */
export async function examine(run: Run): Promise<Found> {
  const { baseline } = run;
  const standings = await readTargets(run);
  const held = standings.flatMap((each) => (each.current === 'absent' ? [] : [each.current.keyId]));
  const { keys, made } = await step(run, 'list keys').inspectProvider({ job: run.job, held });
  if (baseline === undefined || run.baseline !== baseline) return { refused: 'it was tried again in the meantime' };
  const listed = (id: string) => keys.some((key) => key.id === id);
  const { newKey } = run;
  const { going } = baseline;
  if (newKey && servesAll(run, standings, toNew(run))) {
    const accepted = baseline.powers.byHand && !run.pastPivot ? await stillAccepted(run) : [];
    if (accepted.length > 0) {
      return {
        refused: `nobody has seen yet that ${idsOf(accepted)} is refused: revoke it by hand, then resolve again`,
      };
    }
    const left = isInPlace(run) ? [] : going.filter((key) => listed(key.id));
    if (left.length === 0) return { outcome: 'rotated' };
    return {
      refused: `every target serves ${newKey.key.id}, but the provider still lists ${idsOf(left)}`,
    };
  }
  if (!run.pastPivot && !isCompromised(run) && servesAll(run, standings, toKnownGood(run))) {
    // What was handed in stays where its maker put it.
    if (!newKey || isInPlace(run) || baseline.handedIn || !listed(newKey.key.id)) return notLost(run);
    return { refused: `the known-good is current everywhere, but the provider still lists ${newKey.key.id}` };
  }
  // A reset forgets what the rotation had made; the audit does not.
  const [only, ...more] = new Set(held);
  if (only !== undefined && more.length === 0 && made.includes(only) && servesAll(run, standings, () => only)) {
    if (keys.every((key) => key.id === only)) return { outcome: 'rotated', key: only };
  }
  return { refused: `not mended yet: ${standings.map(describe).join('; ')}` };
}

/** Keys that attempts of ours may have made and lost: what cannot be attributed is for a person to remove first. */
async function notLost(run: Run): Promise<Found> {
  const { keys, powers } = baselineOf(run);
  const inUse = powers.chooses ? [] : await lostKeys(run, keys);
  if (inUse.length > 0)
    return { refused: `the provider still lists ${inUse.map(({ id }) => id).join(', ')}, which was in use` };
  return { outcome: 'restored' };
}

/** Of keys that people revoke: those that nobody has seen refused. Where nobody can be asked, the word of who resolves counts. */
async function stillAccepted(run: Run): Promise<Key[]> {
  const { going, powers } = baselineOf(run);
  const accepted: Key[] = [];
  for (const old of powers.verifies ? going : []) {
    const place = placeOfOld(run, old);
    if (!place) continue;
    try {
      const looking = brief(run, `see whether ${old.id} is refused`);
      run.oldKeyRefused = await looking.proveRefused({ job: run.job, ...place });
    } catch (error) {
      if (!(error instanceof KeyturnError)) throw error;
      accepted.push(old);
    }
  }
  return accepted;
}

const idsOf = (keys: readonly { id: KeyId }[]) => keys.map(({ id }) => id).join(', ');

function servesAll(run: Run, standings: readonly TargetStanding[], keyOf: KeyOf): boolean {
  return standings.every(({ target, current }) => {
    if (current === 'absent' || current.keyId !== keyOf(target)) return false;
    return current.verdict !== 'refused' || mayBeRefused(run, target, current.keyId);
  });
}

function describe({ target, current }: TargetStanding): string {
  if (current === 'absent') return `${target} serves nothing`;
  return `${target} serves ${current.keyId} (${current.verdict})`;
}
