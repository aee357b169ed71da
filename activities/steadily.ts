import type { Context, Job } from '../contract/index.ts';

/**
 * Looks until `look` gives an answer several times running: a change at a provider is known to some of its servers before others.
 * Gives up after `forMs` with what it saw last.
 */
export async function steadily<T>(
  ctx: Context,
  options: { forMs: number; everyMs: number; times: number },
  look: () => Promise<T>,
  good: (seen: T) => boolean,
): Promise<{ steady: boolean; last: T }> {
  const endMs = ctx.now() + options.forMs;
  let running = 0;
  for (;;) {
    const last = await look();
    running = good(last) ? running + 1 : 0;
    if (running >= options.times) return { steady: true, last };
    if (running === 0 && ctx.now() >= endMs) return { steady: false, last };
    ctx.heartbeat();
    await ctx.sleep(options.everyMs);
  }
}

/** Of an attempt's time, what looking may take: the rest is for reporting what was seen. */
const lookingShare = 0.6;

/** How long one attempt looks for something that may take `propagationMsMax`: what takes longer is looked for again. */
export function lookingMs(job: Job, propagationMsMax: number): number {
  return Math.min(propagationMsMax, Math.floor(job.credential.limits.attemptMs * lookingShare));
}

/** Where a provider has no propagation to speak of, one look is enough. */
export function timesFor(propagationMsMax: number): number {
  return propagationMsMax > 0 ? 3 : 1;
}
