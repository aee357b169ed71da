import type { Credential, Request } from '../contract/index.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { follow } from './follow.ts';
import { planned, planWords } from './plan.ts';
import type { Shell } from './shell.ts';
import { ensureSearchAttributes, withTemporal } from './temporal.ts';
import { conclude } from './verdict.ts';

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
    const watched = await follow(shell, temporal, { credential: id, runId, requestId: request.id, ...options });
    return conclude(shell.out, { credential: id, joined, request: request.id, watched });
  });
}

/** What its rotation would do; nothing is begun. */
export async function planOne(shell: Shell, credential: Credential, request: Request): Promise<ExitCode> {
  const { out } = shell;
  const plan = await planned(shell, { credential, requests: [request] });
  out.result(planWords(out, credential, plan));
  out.data({ credential: credential.id, dryRun: true, plan, approval: credential.approval ?? null });
  return exitCodes.ok;
}
