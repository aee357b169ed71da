import type { Connected } from '../client/connect.ts';
import type { Retrying } from '../client/pending.ts';
import type { Credential, Progress, Request } from '../contract/index.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { planned, planWords } from './plan.ts';
import { changedLines, retryLine } from './progress-lines.ts';
import type { Shell } from './shell.ts';
import { ensureSearchAttributes, withTemporal } from './temporal.ts';
import { conclude } from './verdict.ts';
import type { Watched } from './watch.ts';
import { onStopSignal } from './worker-process.ts';

export interface OneOptions {
  wait?: true;
  timeout?: number;
}

/** Rotates it, or joins the rotation that is open, and watches that. */
export async function rotateOne(
  shell: Shell,
  credential: Credential,
  request: Request,
  options: OneOptions,
): Promise<ExitCode> {
  const { id } = credential;
  const { startOrJoin } = await import('../client/rotations.ts');
  const { requireWorkers } = await import('./workers.ts');
  return withTemporal(shell, async (temporal) => {
    await ensureSearchAttributes(shell, temporal);
    const { handle, joined } = await startOrJoin(temporal.client, credential, request);
    shell.out.say(joined ? `Joined the open rotation of ${id}.` : `Rotating ${id}.`);
    await requireWorkers(temporal, credential);
    const { signaledRunId: runId } = handle;
    const watched = await watchLive(shell, temporal, { credential: id, runId, requestId: request.id, options });
    return conclude(shell.out, { credential: id, joined, request: request.id, watched });
  });
}

/** What its rotation would do; nothing is begun. */
export async function planOne(shell: Shell, credential: Credential, request: Request): Promise<ExitCode> {
  const { out } = shell;
  const plan = await planned(shell, { credential, requests: [request] });
  out.result(planWords(out, plan));
  out.data({ credential: credential.id, dryRun: true, plan });
  return exitCodes.ok;
}

interface Live {
  credential: string;
  runId: string;
  requestId: string;
  options: OneOptions;
}

/** Each change of a step or a wait is a line on standard error. */
async function watchLive({ out }: Shell, temporal: Connected, { options, ...live }: Live): Promise<Watched> {
  const { watch } = await import('./watch.ts');
  const stopped = new AbortController();
  const stopListening = onStopSignal(() => stopped.abort());
  const { timeout, wait } = options;
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
