import { randomBytes } from 'node:crypto';
import { Context } from '@temporalio/activity';
import type { Attempt } from '../connectors/deps.ts';

/** Of an attempt's time, what is kept to report a clean error before the engine gives up on it. */
const spareShare = 0.1;

/** What Temporal gives to the attempt that runs now. */
export function temporalAttempt(): Attempt {
  const { cancellationSignal, heartbeat, info, sleep } = Context.current();
  const deadline = AbortSignal.timeout(Math.floor(info.startToCloseTimeoutMs * (1 - spareShare)));
  return {
    call: info.activityId,
    number: info.attempt,
    now: () => Date.now(),
    random: (bytes) => randomBytes(bytes),
    sleep: (ms) => sleep(ms),
    heartbeat: (detail) => heartbeat(detail),
    cancelled: AbortSignal.any([cancellationSignal, deadline]),
  };
}
