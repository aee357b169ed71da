import { isCompromised } from './compromise.ts';
import type { Run } from './run.ts';
import { phaseOf } from './track.ts';

/** What an operator may say now, and why not where they may not. It only looks. */

export function whyNotApprove({ track }: Run): string | undefined {
  if (track.waits.has('approval')) return undefined;
  return `this rotation is not waiting for an approval: it is in the step ${phaseOf(track)}`;
}

export function whyNotRollBack(run: Run): string | undefined {
  if (run.end) return 'this rotation has ended';
  if (isCompromised(run)) return 'what was in use is compromised: this rotation only goes forward';
  if (!run.pastPivot) return undefined;
  const handIn = `keyturn hand-in ${run.credential.id}`;
  return `it is too late: the old key is being deleted or is gone. Hand in a value that is known to be good: ${handIn}`;
}

export function whyNotRetry({ track }: Run): string | undefined {
  return track.quarantine ? undefined : 'this rotation is not quarantined: there is nothing to try again';
}

export function whyNotResolve({ baseline, outcome, track }: Run): string | undefined {
  if (!track.quarantine) return 'this rotation is not quarantined: there is nothing to resolve';
  if (!baseline) return 'nothing has been looked at yet: mend what it says, then retry';
  return outcome && `it has ended ${outcome}, only the record is missing: mend the audit, then retry`;
}

export function whyNotHandIn({ track }: Run): string | undefined {
  return track.waits.has('value') ? undefined : `busy: a rotation is open (${phaseOf(track)}) and takes no value now`;
}

/** An approval is given or not, a value is there or not, and what must be accepted or refused must be. */
const unskippable = ['approval', 'propagation', 'late attempts', 'value', 'proof of revocation'];

export function skippable({ track }: Run): string[] {
  return [...track.waits.keys()].filter((name) => !unskippable.includes(name));
}

/** For who was refused: the commands that the rotation would take as it stands. */
export function possibleWords(run: Run): string {
  const { id } = run.credential;
  const { quarantine } = run.track;
  const isBack = run.undoing && !quarantine;
  const commands = [
    ...(whyNotApprove(run) ? [] : [`keyturn approve ${id} --plan ${run.baseline?.planHash}`, `keyturn reject ${id}`]),
    ...(whyNotHandIn(run) ? [] : [`keyturn hand-in ${id}`]),
    ...skippable(run).map((wait) => `keyturn proceed ${id} --wait "${wait}"`),
    ...(whyNotRetry(run) ? [] : [`keyturn retry ${id}`]),
    ...(whyNotResolve(run) ? [] : [`keyturn resolve ${id}`]),
    ...(isBack || whyNotRollBack(run) ? [] : [`keyturn rollback ${id}`]),
  ];
  if (commands.length > 0) return `possible now: ${commands.join('; ')}`;
  return `nothing is to be decided now, it goes on by itself: keyturn status ${id}`;
}
