import type { ZodType } from 'zod';
import type { Approve, Decision, Outcome, Proceed } from '../contract/index.ts';
import { approveSchema, decisionSchema, KeyturnError, proceedSchema } from '../contract/index.ts';
import { isCompromised } from './compromise.ts';
import { waitMeant } from './inbox.ts';
import { examine } from './quarantine.ts';
import type { Run } from './run.ts';
import { approved } from './steps/approve.ts';
import { decide } from './waiting.ts';

/** What an operator may say in which state. The validators only look and refuse; the others act. */

export function mayApprove(run: Run, message: Approve): void {
  valid(approveSchema, message);
  if (!run.track.waits.has('approval')) refuse('this rotation is not waiting for an approval');
  if (message.planHash !== run.baseline?.planHash)
    refuse(`the plan is now ${run.baseline?.planHash}: look at it again`);
  if (run.inbox.requests.some((request) => request.by === message.by)) refuse('nobody approves their own request');
  if (approved(run).includes(message.by)) refuse(`${message.by} has approved already`);
}

export function approve(run: Run, message: Approve): void {
  run.inbox.approvals.push(message);
  decide(run, 'approve', message, { planHash: message.planHash });
}

export function mayReject(run: Run, message: Decision): void {
  valid(decisionSchema, message);
  if (!run.track.waits.has('approval')) refuse('this rotation is not waiting for an approval');
}

export function reject(run: Run, message: Decision): void {
  if (run.inbox.rejection) return;
  run.inbox.rejection = message;
  decide(run, 'reject', message);
}

export function mayProceed(run: Run, message: Proceed): void {
  valid(proceedSchema, message);
  const meant = waitMeant(skippable(run), message);
  if ('refused' in meant) refuse(meant.refused);
}

export function proceed(run: Run, message: Proceed): string {
  const meant = waitMeant(skippable(run), message);
  if ('refused' in meant) return refuse(meant.refused);
  run.inbox.waivers.set(meant.wait, { by: message.by, from: message.from, reason: message.reason });
  return meant.wait;
}

/** Not everything can be skipped: an approval is given or not, and what must be accepted must be accepted. */
function skippable(run: Run): string[] {
  return [...run.track.waits.keys()].filter((name) => !['approval', 'propagation', 'late attempts'].includes(name));
}

export function mayRollBack(run: Run, message: Decision): void {
  valid(decisionSchema, message);
  if (run.end) refuse('this rotation has ended');
  if (isCompromised(run)) refuse('what was in use is compromised: this rotation only goes forward');
  if (run.pastPivot) {
    refuse('it is too late: the old key is being deleted or is gone. To go back to a value, make it and rotate to it');
  }
}

export function rollBack(run: Run, message: Decision): void {
  run.inbox.rollBack ??= message;
  if (run.track.quarantine) run.inbox.retry = message;
  decide(run, 'rollBack', message);
}

export function mayRetry(run: Run, message: Decision): void {
  valid(decisionSchema, message);
  if (!run.track.quarantine) refuse('this rotation is not quarantined: there is nothing to try again');
}

export function retry(run: Run, message: Decision): void {
  run.inbox.retry = message;
}

export function mayResolve(run: Run, message: Decision): void {
  valid(decisionSchema, message);
  if (!run.track.quarantine) refuse('this rotation is not quarantined: there is nothing to resolve');
  if (!run.baseline) refuse('nothing has been looked at yet: mend what it says, then retry');
  if (run.outcome) refuse(`it has ended ${run.outcome}, only the record is missing: mend the audit, then retry`);
}

/** @throws KeyturnError `conflict` when what is found is not an end. */
export async function resolve(run: Run, message: Decision): Promise<Outcome> {
  const open = run.track.quarantine;
  const found = await examine(run);
  if (open === undefined || run.track.quarantine !== open) return refuse('it was tried again in the meantime');
  if ('refused' in found) return refuse(found.refused);
  run.outcome = found.outcome;
  if (found.key !== undefined) run.foundKey = found.key;
  run.inbox.resolvedBy = message;
  return found.outcome;
}

function valid<T>(schema: ZodType<T>, message: unknown): void {
  const { success, error } = schema.safeParse(message);
  if (success) return;
  const [issue] = error.issues;
  throw new KeyturnError('invalid', `${issue?.path.join('.') || 'message'}: ${issue?.message}`);
}

function refuse(why: string): never {
  throw new KeyturnError('conflict', why);
}
