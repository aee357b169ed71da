import { changesMs, KeyturnError } from '../../contract/index.ts';
import { tellPeople } from '../notices.ts';
import { whenOpen } from '../open.ts';
import { baselineOf, known, type Run } from '../run.ts';
import { attendTo, decide } from '../waiting.ts';
import { takeBaseline } from './inspect.ts';

/** Waits for people who are not the requester; then looks again, because they agreed to one plan and no other. */
export async function approve(run: Run): Promise<void> {
  const { approvers, withinMs } = known(run.credential.approval, 'the approval asked for');
  const { planHash } = baselineOf(run);
  const untilMs = run.engine.now() + withinMs;
  const detail = `${approvers} approval(s) of plan ${planHash}`;
  const enough = () => run.inbox.rejection !== undefined || approved(run).length >= approvers;
  void tellPeople(run, `approval/${planHash}`, {
    kind: 'approval wanted',
    text: `${run.credential.id} waits until ${new Date(untilMs).toISOString()} for ${detail}`,
    todo: [`keyturn approve ${run.credential.id} --plan ${planHash}`, `or: keyturn reject ${run.credential.id}`],
  });
  await attendTo(run, { name: 'approval', detail, untilMs }, enough);
  if (run.inbox.rejection) {
    decide(run, 'reject', run.inbox.rejection);
    const { by } = run.inbox.rejection;
    run.inbox.rejection = undefined;
    run.rejectedBy = by;
    throw new KeyturnError('unauthorized', `rejected by ${by}`);
  }
  for (const approval of run.inbox.approvals) decide(run, 'approve', approval, { planHash: approval.planHash });
  if (approved(run).length < approvers) {
    throw new KeyturnError('unauthorized', `not approved in time (${approved(run).length} of ${approvers})`);
  }
  await whenOpen(run, 'making a new key', changesMs(run.credential));
  const now = await takeBaseline(run);
  if (now.planHash !== planHash) {
    throw new KeyturnError('conflict', 'what was approved is no longer what stands: the approvals are void', {
      fix: 'ask for the rotation again and have the new plan approved',
    });
  }
  run.baseline = now;
}

/** Distinct people who approved this plan and did not ask for it. */
export function approved(run: Run): string[] {
  const requesters = new Set(run.inbox.requests.map((request) => request.by));
  const valid = run.inbox.approvals.filter(
    (approval) => approval.planHash === run.baseline?.planHash && !requesters.has(approval.by),
  );
  return [...new Set(valid.map((approval) => approval.by))];
}
