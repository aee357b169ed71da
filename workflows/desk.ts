import { attestMessageSchema, requestSchema } from '../contract/index.ts';
import { isCompromised } from './compromise.ts';
import * as handedIn from './handed-in.ts';
import { addAttestation } from './inbox.ts';
import * as operators from './operators.ts';
import { takeOn } from './rotate.ts';
import type { Run } from './run.ts';

/** What a rotation can be told while it runs, whatever the engine that brings the message. */

/** `may` only looks, and throws where it cannot be now; `act` does it. */
interface Update<Message, Answer> {
  may(run: Run, message: Message): void;
  act(run: Run, message: Message): Answer | Promise<Answer>;
}

const update = <Message, Answer>(may: Update<Message, Answer>['may'], act: Update<Message, Answer>['act']) => ({
  may,
  act,
});

export const updates = {
  approve: update(operators.mayApprove, operators.approve),
  reject: update(operators.mayReject, operators.reject),
  proceed: update(operators.mayProceed, operators.proceed),
  rollBack: update(operators.mayRollBack, operators.rollBack),
  retry: update(operators.mayRetry, operators.retry),
  resolve: update(operators.mayResolve, operators.resolve),
  handIn: update(handedIn.mayHandIn, handedIn.handIn),
};

/** A signal cannot be refused: each says why it was left aside, if it was. */
export const signals = {
  request(run: Run, message: unknown): string | undefined {
    const { data } = requestSchema.safeParse(message);
    if (!data) return 'a request was left aside: it is not well formed';
    takeOn(run, data);
    return undefined;
  },

  attest(run: Run, message: unknown): string | undefined {
    const { data } = attestMessageSchema.safeParse(message);
    if (!data) return 'an attestation was left aside: it is not well formed';
    if (!run.credential.consumers.some(({ name }) => name === data.consumer)) {
      return 'an attestation was left aside: no such consumer';
    }
    addAttestation(run.inbox, data);
    return undefined;
  },
};

/** Cancelling is rolling back. @returns false where that is refused: past the pivot, and where only forward is good. */
export function cancelled(run: Run): boolean {
  if (run.pastPivot || run.end || isCompromised(run)) return false;
  operators.rollBack(run, { by: 'cancellation of the workflow', from: 'cancellation' });
  return true;
}
