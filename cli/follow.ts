import type { Connected } from '../client/connect.ts';
import type { Retrying } from '../client/pending.ts';
import type { Progress } from '../contract/index.ts';
import { changedLines, retryLine } from './progress-lines.ts';
import type { Shell } from './shell.ts';
import type { Watched } from './watch.ts';
import { onStopSignal } from './worker-process.ts';

export interface Followed {
  credential: string;
  runId: string;
  requestId: string;
  /** To its end, and not only until the new key is in use everywhere. */
  wait?: true | undefined;
  /** At the most. In milliseconds. */
  timeout?: number | undefined;
}

/** Watches a rotation: each change of a step or a wait is a line on standard error. */
export async function follow(
  { out }: Shell,
  temporal: Connected,
  { timeout, wait, ...live }: Followed,
): Promise<Watched> {
  const { watch } = await import('./watch.ts');
  const stopped = new AbortController();
  const stopListening = onStopSignal(() => stopped.abort());
  const stop = timeout === undefined ? stopped.signal : AbortSignal.any([stopped.signal, AbortSignal.timeout(timeout)]);
  let last: Progress | undefined;
  const seen = (now: Progress) => {
    if (last !== undefined && last.rotation !== now.rotation) out.say('The request goes on in the next rotation.');
    for (const line of changedLines(last, now, (style, text) => out.paintProgress(style, text))) out.say(line);
    last = now;
  };
  const told = new Set<string>();
  const retrying = (now: readonly Retrying[]) => {
    for (const { activity, message, attempt } of now) {
      if (told.has(`${activity} ${message}`)) continue;
      told.add(`${activity} ${message}`);
      out.say(`  ${retryLine({ activity, attempt, message })}`);
    }
  };
  try {
    return await watch(temporal, { ...live, until: wait ? 'end' : 'refreshed', seen, retrying, stop });
  } finally {
    stopListening();
  }
}
