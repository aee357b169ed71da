import { ApplicationFailure, CancelledFailure, Context, log } from '@temporalio/activity';
import type { ActivityExecuteInput, ActivityInboundCallsInterceptor, Next } from '@temporalio/worker';
import { KeyturnError, retryable } from '../contract/index.ts';
import { whileBeating } from './heartbeats.ts';

/**
 * Around every activity: says that this process lives; and gives Temporal what it needs of an error, and nothing else: no cause, no stack, no
 * text that nobody vouched for.
 */
export class ActivityGuard implements ActivityInboundCallsInterceptor {
  async execute(input: ActivityExecuteInput, next: Next<ActivityInboundCallsInterceptor, 'execute'>): Promise<unknown> {
    try {
      return await whileBeating(Context.current(), () => next(input));
    } catch (error) {
      throw asFailure(error);
    }
  }
}

function asFailure(error: unknown): Error {
  if (error instanceof CancelledFailure) return error;
  if (error instanceof KeyturnError) {
    const { fix, kind, message, retryAfterMs } = error;
    return withoutStack(
      ApplicationFailure.create({
        type: kind,
        message,
        nonRetryable: !retryable(kind),
        details: fix === undefined ? [] : [{ fix }],
        ...(retryAfterMs === undefined ? {} : { nextRetryDelay: retryAfterMs }),
      }),
    );
  }
  const name = error instanceof Error ? error.name : typeof error;
  log.error('an activity failed unexpectedly', { error: name, at: placeOf(error) });
  return withoutStack(
    ApplicationFailure.create({
      type: 'transient',
      message: `unexpected ${name} at ${placeOf(error)}: see the worker's log`,
    }),
  );
}

/** The frames of a stack name places in the code; its first lines repeat the message, which may hold anything. */
function placeOf(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line));
  return (
    frames[0]
      ?.trim()
      .replace(/^at /, '')
      .replace(/\(?file:.*\/(?=[^/]+:\d+)/, '(') ?? 'an unknown place'
  );
}

function withoutStack<E extends Error>(error: E): E {
  error.stack = `${error.name}: ${error.message}`;
  return error;
}
