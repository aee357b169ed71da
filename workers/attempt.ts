import { randomBytes } from 'node:crypto';
import { Context, type Info } from '@temporalio/activity';
import type { Attempt } from '../connectors/deps.ts';
import { note } from './heartbeats.ts';

/** Of an attempt's time, what is kept to report a clean error before the engine gives up on it. */
const spareShare = 0.1;

/** When an attempt that has so much time left is to give up by itself. */
export function attemptDeadlineMs(leftMs: number): number {
  return Math.floor(leftMs * (1 - spareShare));
}

/** An attempt also ends with the time of the whole call: after that the workflow has gone on, and must not be surprised. */
function timeLeftMs({ scheduledTimestampMs, scheduleToCloseTimeoutMs, startToCloseTimeoutMs }: Info): number {
  if (scheduleToCloseTimeoutMs <= 0) return startToCloseTimeoutMs;
  const leftMs = scheduledTimestampMs + scheduleToCloseTimeoutMs - Date.now();
  return Math.max(0, Math.min(startToCloseTimeoutMs, leftMs));
}

/** What Temporal gives to the attempt that runs now. */
export function temporalAttempt(): Attempt {
  const activity = Context.current();
  const { cancellationSignal, info, sleep } = activity;
  const deadline = AbortSignal.timeout(attemptDeadlineMs(timeLeftMs(info)));
  return {
    // A reset begins to count its calls again, in another run.
    call: `${info.workflowExecution?.runId ?? ''}/${info.activityId}`,
    number: info.attempt,
    now: () => Date.now(),
    random: (bytes) => randomBytes(bytes),
    sleep: (ms) => sleep(ms),
    heartbeat: (detail) => note(activity, detail),
    cancelled: AbortSignal.any([cancellationSignal, deadline]),
  };
}
