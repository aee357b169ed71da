import type { Decision, Instant, ListedKey, Request } from '../contract/index.ts';
import type { Run } from './run.ts';

/**
 * The urgency `compromised`: what existed at an instant is known to others, and all of it has to end refused. Such a rotation
 * goes forward or is quarantined, never back; its consumers and the report of last use are waited for until a deadline.
 */

export type Compromise = Request & { urgency: 'compromised' };

const withinMsDefault = 300_000;

export function isCompromise(request: Request): request is Compromise {
  return request.urgency === 'compromised';
}

/** Where somebody has asked for it there is only forward, from the first look on; unless there is nothing to do, or a person says no. */
export function isForwardOnly(run: Run): boolean {
  if (run.startedOver) return true;
  return run.inbox.requests.some(isCompromise) && !run.nothingLeaked && run.rejectedBy === undefined;
}

/** Those that this rotation has set out with. */
function takenUp(run: Run): Compromise[] {
  return run.options.filter(isCompromise);
}

/** Is this rotation one of which nothing may go back? */
export function isCompromised(run: Run): boolean {
  return takenUp(run).length > 0;
}

/** What existed then is known to others. */
export function compromisedAt(requests: readonly Request[]): Instant | undefined {
  return requests
    .filter(isCompromise)
    .map((request) => request.compromisedAt ?? request.at)
    .sort()
    .at(-1);
}

/** A key whose time of making nobody knows may have existed then. Of our own keys our own clock decides. */
export function isLeaked(key: ListedKey, at: Instant): boolean {
  const made = key.madeAt ?? key.createdAt;
  return made === undefined || Date.parse(made) <= Date.parse(at);
}

/** Has somebody said so of this key, in what this rotation has set out with? */
export function isLeakedIn(run: Run, key: ListedKey): boolean {
  const at = compromisedAt(run.options);
  return at !== undefined && isLeaked(key, at);
}

/** Until then consumers and the report of last use are waited for. */
export function deadlineMs(run: Run): number | undefined {
  if (run.strict) return undefined;
  const ends = takenUp(run).map(({ at, withinMs = withinMsDefault }) => Date.parse(at) + withinMs);
  return ends.length === 0 ? undefined : Math.min(...ends);
}

/** Who has said beforehand that the rotation goes on when the deadline has passed. */
export function waivedByDeadline(run: Run): Decision | undefined {
  const endMs = deadlineMs(run);
  if (endMs === undefined || run.engine.now() < endMs) return undefined;
  const [first] = takenUp(run);
  return first && { by: first.by, from: first.from, reason: deadlineReason };
}

const deadlineReason = 'the deadline of the compromise has passed';

/** It holds for what is compromised only, where a person's waiver holds for the key that it was given for. */
export function isByDeadline({ reason }: Decision): boolean {
  return reason === deadlineReason;
}

/**
 * A compromise has come that this rotation cannot serve by going on: it goes back, or its new key is known to others too, or it has
 * not chosen yet. Past the pivot it goes on to its end, and the next rotation serves it.
 */
export function isOvertaken(run: Run): boolean {
  if (run.baseline === undefined || run.pastPivot || run.outcome !== undefined) return false;
  return run.inbox.requests.some((request) => isCompromise(request) && !run.options.includes(request));
}
