import type { Approve, Decision, Outcome, Proceed } from '../contract/index.ts';
import { approveSchema, decisionSchema, proceedSchema } from '../contract/index.ts';
import { waitMeant } from './inbox.ts';
import { skippable, whyNotApprove, whyNotResolve, whyNotRetry, whyNotRollBack } from './possible.ts';
import { examine } from './quarantine.ts';
import { refuse, valid } from './refusals.ts';
import type { Run } from './run.ts';
import { approved } from './steps/approve.ts';
import { decide } from './waiting.ts';

/** What an operator may say in which state. The validators only look and refuse; the others act. */

export function mayApprove(run: Run, message: Approve): void {
  valid(approveSchema, message);
  refuseFor(run, whyNotApprove(run));
  const { inbox, baseline } = run;
  if (message.planHash !== baseline?.planHash) refuse(run, `the plan is now ${baseline?.planHash}: look at it again`);
  if (inbox.requests.some((request) => request.by === message.by)) refuse(run, 'nobody approves their own request');
  if (approved(run).includes(message.by)) refuse(run, `${message.by} has approved already`);
}

export function approve(run: Run, message: Approve): void {
  run.inbox.approvals.push(message);
  decide(run, 'approve', message, { planHash: message.planHash });
}

export function mayReject(run: Run, message: Decision): void {
  valid(decisionSchema, message);
  refuseFor(run, whyNotApprove(run));
}

export function reject(run: Run, message: Decision): void {
  if (run.inbox.rejection) return;
  run.inbox.rejection = message;
  decide(run, 'reject', message);
}

export function mayProceed(run: Run, message: Proceed): void {
  valid(proceedSchema, message);
  const meant = waitMeant(skippable(run), message);
  if ('refused' in meant) refuse(run, meant.refused);
}

export function proceed(run: Run, message: Proceed): string {
  const meant = waitMeant(skippable(run), message);
  if ('refused' in meant) return refuse(run, meant.refused);
  run.inbox.waivers.set(meant.wait, { by: message.by, from: message.from, reason: message.reason });
  return meant.wait;
}

export function mayRollBack(run: Run, message: Decision): void {
  valid(decisionSchema, message);
  refuseFor(run, whyNotRollBack(run));
}

export function rollBack(run: Run, message: Decision): void {
  run.inbox.rollBack ??= message;
  if (run.track.quarantine) run.inbox.retry = message;
  decide(run, 'rollBack', message);
}

export function mayRetry(run: Run, message: Decision): void {
  valid(decisionSchema, message);
  refuseFor(run, whyNotRetry(run));
}

export function retry(run: Run, message: Decision): void {
  run.inbox.retry = message;
}

export function mayResolve(run: Run, message: Decision): void {
  valid(decisionSchema, message);
  refuseFor(run, whyNotResolve(run));
}

/** @throws KeyturnError `conflict` when what is found is not an end. */
export async function resolve(run: Run, message: Decision): Promise<Outcome> {
  const open = run.track.quarantine;
  const found = await examine(run);
  if (open === undefined || run.track.quarantine !== open) return refuse(run, 'it was tried again in the meantime');
  if ('refused' in found) return refuse(run, found.refused);
  run.outcome = found.outcome;
  if (found.key !== undefined) run.foundKey = found.key;
  run.inbox.resolvedBy = message;
  return found.outcome;
}

function refuseFor(run: Run, why: string | undefined): void {
  if (why !== undefined) refuse(run, why);
}
