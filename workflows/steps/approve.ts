import { changesMs, KeyturnError } from '../../contract/index.ts';
import { tellPeople } from '../notices.ts';
import { whenOpen } from '../open.ts';
import { baselineOf, known, type Run } from '../run.ts';
import { note } from '../track.ts';
import { attendTo } from '../waiting.ts';
import { takeBaseline } from './inspect.ts';

/**
 * Waits for people who are not the requester; then looks again, because they agreed to one plan and no other. Where another stands now what
 * they gave is void, and they are asked anew.
 */
export async function approve(run: Run): Promise<void> {
  for (let voided = ''; ; ) {
    await agreed(run, voided);
    await whenOpen(run, 'making a new key', changesMs(run.credential));
    const { planHash } = baselineOf(run);
    run.baseline = await takeBaseline(run);
    if (run.baseline.planHash === planHash) return;
    voided = `what stands has changed: the approvals of plan ${planHash} by ${approvers(run, planHash).join(', ')} are void`;
    note(run.track, voided);
    run.inbox.approvals = [];
  }
}

/** @throws KeyturnError `unauthorized` where one says no, or too few say yes in time. */
async function agreed(run: Run, voided: string): Promise<void> {
  const { approvers, withinMs } = known(run.credential.approval, 'the approval asked for');
  const { id } = run.credential;
  const { planHash } = baselineOf(run);
  const untilMs = run.engine.now() + withinMs;
  const detail = `${approvers} approval(s) of plan ${planHash}${voided && `; ${voided}`}`;
  const enough = () => run.inbox.rejection !== undefined || approved(run).length >= approvers;
  void tellPeople(run, `approval/${planHash}`, {
    kind: 'approval wanted',
    text: `${id} waits until ${new Date(untilMs).toISOString()} for ${detail}`,
    todo: [`keyturn approve ${id} --plan ${planHash}`, `or: keyturn reject ${id}`],
  });
  await attendTo(run, { name: 'approval', detail, untilMs }, enough);
  if (run.inbox.rejection) {
    const { by } = run.inbox.rejection;
    run.inbox.rejection = undefined;
    run.rejectedBy = by;
    throw new KeyturnError('unauthorized', `rejected by ${by}`);
  }
  if (approved(run).length < approvers) {
    throw new KeyturnError('unauthorized', `not approved in time (${approved(run).length} of ${approvers})`);
  }
}

/** Who approved what stands now. */
export function approved(run: Run): string[] {
  return approvers(run, run.baseline?.planHash);
}

/** Distinct people who approved this plan and did not ask for it. */
function approvers({ inbox }: Run, planHash: string | undefined): string[] {
  const requesters = new Set(inbox.requests.map((request) => request.by));
  const valid = inbox.approvals.filter((approval) => approval.planHash === planHash && !requesters.has(approval.by));
  return [...new Set(valid.map((approval) => approval.by))];
}
