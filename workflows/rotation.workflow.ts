import type { UpdateDefinition } from '@temporalio/common';
import {
  ApplicationFailure,
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  log,
  setHandler,
  TemporalFailure,
  uuid4,
} from '@temporalio/workflow';
import type { RotationEnd, RotationInput } from '../contract/index.ts';
import { attestMessageSchema, KeyturnError, requestSchema, rotationInputSchema, siteQueue } from '../contract/index.ts';
import { temporalEngine } from './engine.ts';
import { addAttestation } from './inbox.ts';
import * as messages from './messages.ts';
import * as operators from './operators.ts';
import { newRun, progressOf, rotate, takeOn } from './rotate.ts';
import type { Run } from './run.ts';

/** The workflow `rotation/<credential id>`: binds the rotation to Temporal's messages and cancellation. */
export async function rotation(input: RotationInput): Promise<RotationEnd> {
  const { credential } = wellFormed(input);
  const engine = temporalEngine(credential.site === undefined ? undefined : siteQueue(credential.site));
  const run = newRun(engine, credential, uuid4(), input.requests);
  listen(run);
  // What the rotation before this one left in them, where it carried a request on.
  if (input.requests.length > 0) engine.searchable({ phase: 'rotating' });
  const { end, carried } = await uncancelled(run);
  if (carried.length > 0) return continueAsNew<typeof rotation>({ credential, requests: carried });
  return end;
}

/** Whoever starts it by hand may get it wrong: that ends it, where an error of any other kind would be tried for ever. */
function wellFormed(input: RotationInput): RotationInput {
  const { error } = rotationInputSchema.safeParse(input);
  if (!error) return input;
  const [issue] = error.issues;
  const message = `not a rotation's input: ${issue?.path.join('.')}: ${issue?.message}; start it with keyturn rotate`;
  throw ApplicationFailure.create({ type: 'invalid', message, nonRetryable: true });
}

/** Cancelling is rolling back: nothing of the rotation is cut off, and past the pivot it is refused. */
async function uncancelled(run: Run): ReturnType<typeof rotate> {
  CancellationScope.current().cancelRequested.catch(() => {
    if (!run.pastPivot && !run.end) operators.rollBack(run, { by: 'cancellation of the workflow' });
    else log.warn('cancellation refused: the old key is being deleted or is gone');
  });
  return CancellationScope.nonCancellable(async () => {
    const result = await rotate(run);
    await condition(allHandlersFinished);
    return result;
  });
}

function listen(run: Run): void {
  setHandler(messages.progressQuery, () => progressOf(run));
  // A signal cannot be refused: what is not well formed is left aside.
  setHandler(messages.requestSignal, (request) => {
    const parsed = requestSchema.safeParse(request);
    if (parsed.success) takeOn(run, parsed.data);
    else log.warn('a request was left aside: it is not well formed');
  });
  setHandler(messages.attestSignal, (message) => {
    const parsed = attestMessageSchema.safeParse(message);
    if (!parsed.success) log.warn('an attestation was left aside: it is not well formed');
    else if (!isConsumer(run, parsed.data.consumer)) log.warn('an attestation was left aside: no such consumer');
    else addAttestation(run.inbox, parsed.data);
  });
  answer(run, messages.approveUpdate, operators.mayApprove, operators.approve);
  answer(run, messages.rejectUpdate, operators.mayReject, operators.reject);
  answer(run, messages.proceedUpdate, operators.mayProceed, operators.proceed);
  answer(run, messages.rollBackUpdate, operators.mayRollBack, operators.rollBack);
  answer(run, messages.retryUpdate, operators.mayRetry, operators.retry);
  answer(run, messages.resolveUpdate, operators.mayResolve, operators.resolve);
}

function isConsumer(run: Run, name: string): boolean {
  return run.credential.consumers.some((consumer) => consumer.name === name);
}

/** Anything but an ApplicationFailure would fail the workflow's task instead of the message. */
function answer<Answer, Message>(
  run: Run,
  update: UpdateDefinition<Answer, [Message]>,
  may: (run: Run, message: Message) => void,
  act: (run: Run, message: Message) => Answer | Promise<Answer>,
): void {
  const handle = async (message: Message): Promise<Answer> => {
    try {
      // Also after a cancellation, which is a wish to roll back and stops nothing.
      return await CancellationScope.nonCancellable(async () => act(run, message));
    } catch (error) {
      throw asFailure(error);
    }
  };
  const validator = (message: Message): void => {
    try {
      may(run, message);
    } catch (error) {
      throw asFailure(error);
    }
  };
  setHandler(update, handle, { validator });
}

function asFailure(error: unknown): unknown {
  if (error instanceof TemporalFailure) return error;
  if (!(error instanceof KeyturnError)) {
    return ApplicationFailure.create({ type: 'invalid', message: `unexpected: ${error}`, nonRetryable: true });
  }
  return ApplicationFailure.create({ type: error.kind, message: error.message, nonRetryable: true });
}
