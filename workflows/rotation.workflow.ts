import type { UpdateDefinition } from '@temporalio/common';
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  log,
  setHandler,
  TemporalFailure,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';
import type { CredentialId, RotationEnd, RotationInput } from '../contract/index.ts';
import { KeyturnError, siteQueue, workflowIdOf } from '../contract/index.ts';
import { cancelled, signals, updates } from './desk.ts';
import { asFailure, temporalEngine } from './engine.ts';
import { startWith, wellFormed } from './input.ts';
import * as messages from './messages.ts';
import { repeatNews } from './news.ts';
import { newRun, progressOf, rotate, takeOn } from './rotate.ts';
import type { Run } from './run.ts';

/** The workflow `rotation/<credential id>`: binds the rotation to Temporal's messages and cancellation. */
export async function rotation(input: RotationInput): Promise<RotationEnd> {
  const { credential } = begun(input);
  const engine = temporalEngine(credential.site === undefined ? undefined : siteQueue(credential.site));
  const isCarriedOn = workflowInfo().continuedFromExecutionRunId !== undefined;
  const run = newRun(engine, credential, uuid4(), isCarriedOn ? input.requests : []);
  // Those that are carried on were written down when they came.
  if (!isCarriedOn) for (const request of input.requests) takeOn(run, request);
  if (input.handedIn) run.inbox.handedIn = input.handedIn;
  listen(run);
  if (isCarriedOn) for (const request of input.requests) repeatNews(run, request);
  // What the rotation before this one left in them, where it carried a request on.
  if (input.requests.length > 0) engine.searchable({ phase: 'rotating' });
  const { end, carried } = await uncancelled(run);
  if (carried.length > 0) return continueAsNew<typeof rotation>({ credential, requests: carried });
  return end;
}

/** An error of any other kind would be tried for ever. */
function begun(input: RotationInput): RotationInput {
  try {
    inItsPlace(wellFormed(input).credential.id);
    return input;
  } catch (error) {
    throw failureOf(error);
  }
}

/** Under another id, as a schedule makes them, it would run beside the rotation that is open. */
function inItsPlace(credential: CredentialId): void {
  const { workflowId } = workflowInfo();
  const own = workflowIdOf(credential);
  if (workflowId === own) return;
  const why = `a rotation of ${credential} has the workflow id ${own}, not ${workflowId}`;
  throw new KeyturnError('invalid', `${why}; ${startWith}`);
}

/** Cancelling is rolling back: nothing of the rotation is cut off, and past the pivot it is refused. */
async function uncancelled(run: Run): ReturnType<typeof rotate> {
  CancellationScope.current().cancelRequested.catch(() => {
    if (!cancelled(run)) log.warn('cancellation refused: there is no way back');
  });
  return CancellationScope.nonCancellable(async () => {
    const result = await rotate(run);
    await condition(allHandlersFinished);
    return result;
  });
}

function listen(run: Run): void {
  setHandler(messages.progressQuery, () => progressOf(run));
  setHandler(messages.requestSignal, (message) => warnOf(signals.request(run, message)));
  setHandler(messages.attestSignal, (message) => warnOf(signals.attest(run, message)));
  answer(run, messages.approveUpdate, updates.approve);
  answer(run, messages.rejectUpdate, updates.reject);
  answer(run, messages.proceedUpdate, updates.proceed);
  answer(run, messages.rollBackUpdate, updates.rollBack);
  answer(run, messages.retryUpdate, updates.retry);
  answer(run, messages.resolveUpdate, updates.resolve);
  answer(run, messages.handInUpdate, updates.handIn);
}

function warnOf(leftAside: string | undefined): void {
  if (leftAside !== undefined) log.warn(leftAside);
}

/** Anything but an ApplicationFailure would fail the workflow's task instead of the message. */
function answer<Answer, Message>(
  run: Run,
  update: UpdateDefinition<Answer, [Message]>,
  { may, act }: { may(run: Run, message: Message): void; act(run: Run, message: Message): Answer | Promise<Answer> },
): void {
  const handle = async (message: Message): Promise<Answer> => {
    try {
      // Also after a cancellation, which is a wish to roll back and stops nothing.
      return await CancellationScope.nonCancellable(async () => act(run, message));
    } catch (error) {
      throw failureOf(error);
    }
  };
  const validator = (message: Message): void => {
    try {
      may(run, message);
    } catch (error) {
      throw failureOf(error);
    }
  };
  setHandler(update, handle, { validator });
}

function failureOf(error: unknown): unknown {
  if (error instanceof TemporalFailure) return error;
  return asFailure(error instanceof KeyturnError ? error : new KeyturnError('invalid', `unexpected: ${error}`));
}
