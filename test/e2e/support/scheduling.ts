import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ScheduleHandle, ScheduleOverlapPolicy, type WorkflowHandle } from '@temporalio/client';
import { progress, rotationOf } from '../../../client/rotations.ts';
import { applyChange, compareSchedules, type Scheduled } from '../../../client/schedules.ts';
import { type Calendar, type Credential, type Target, weekdays } from '../../../contract/index.ts';
import type { scheduledRotation } from '../../../workflows/scheduled-rotation.workflow.ts';
import { credentialOf, type Rotating, storeFirst } from '../../support/rotating.ts';

export const firstValue = 'the-value-of-the-beginning';

/** A stored value that nobody issues, which could be rotated at once. */
export async function storedCredential(rotating: Rotating, given: Partial<Credential> = {}): Promise<Credential> {
  const target: Target = { name: 'main', vault: 'file', secret: `app/${randomUUID()}`, value: 'raw' };
  await storeFirst(rotating.ctx, target, firstValue);
  return credentialOf({ provider: { type: 'random' }, targets: [target], ...given });
}

/** Closed today and for some days. */
export function frozen(): Calendar {
  const dayMs = 86_400_000;
  const date = (ms: number) => new Date(ms).toISOString().slice(0, 10);
  const freeze = { from: date(Date.now() - dayMs), to: date(Date.now() + 3 * dayMs), timezone: 'UTC' };
  return { freezes: [freeze] };
}

const minuteMs = 60_000;

/** Opens with a minute, for two hours: late enough that a run is there before it, on a busy machine too. */
export function opensSoon(): { calendar: Calendar; opensMs: number } {
  const opensMs = Math.ceil((Date.now() + 35_000) / minuteMs) * minuteMs;
  const time = (ms: number) => new Date(ms).toISOString().slice(11, 16);
  const [from, to] = [time(opensMs), time(opensMs + 120 * minuteMs)];
  return { calendar: { window: { days: weekdays, from, to, timezone: 'UTC' }, freezes: [] }, opensMs };
}

/** Before a question is asked again of which nothing tells by itself. */
export const aMoment = () => sleep(50);

export type Run = WorkflowHandle<typeof scheduledRotation>;

/** So rarely that it never fires by itself here. */
const timetable = { everyMs: 3_000 * 86_400_000, timezone: 'UTC', jitterMs: 0, catchUp: 'once' } as const;

const made: ScheduleHandle[] = [];

/** All that `applied` has put into Temporal. */
export async function removeApplied(): Promise<void> {
  for (const handle of made.splice(0)) await handle.delete();
}

/** Puts it into Temporal, as `keyturn apply` does. */
export async function applied(rotating: Rotating, credential: Credential, more: Partial<Scheduled> = {}) {
  const { client, taskQueue } = rotating;
  const handle = client.schedule.getHandle(`keyturn/${credential.id}`);
  const redeclare = async (changed: Credential, others: Partial<Scheduled> = more) => {
    const changes = await compareSchedules(client, [{ credential: changed, timetable, ...others }], taskQueue);
    // Others apply theirs to the same server.
    for (const change of changes) if (change.credential === credential.id) await applyChange(client, change);
  };
  await redeclare(credential);
  made.push(handle);
  return { handle, redeclare, fire: () => fire(rotating, credential) };
}

/** As if it were due. @returns the run that this begins. */
async function fire({ client }: Rotating, credential: Credential): Promise<Run> {
  const handle = client.schedule.getHandle(`keyturn/${credential.id}`);
  const before = (await handle.describe()).info.numActionsTaken;
  await handle.trigger(ScheduleOverlapPolicy.SKIP);
  for (;;) {
    const { info } = await handle.describe();
    const last = info.recentActions.at(-1);
    if (info.numActionsTaken > before && last) return client.workflow.getHandle(last.action.workflow.workflowId);
    if (info.numActionsSkippedOverlap > 0) throw new Error('it was skipped');
    await aMoment();
  }
}

/** Waits until the run says so of itself. */
export async function says(run: Run, words: RegExp): Promise<string> {
  for (;;) {
    const { currentDetails = '' } = (await run.query('__temporal_workflow_metadata')) as { currentDetails?: string };
    if (words.test(currentDetails)) return currentDetails;
    const { status } = await run.describe();
    if (status.name !== 'RUNNING') throw new Error(`it ended first, ${status.name}: ${currentDetails}`);
    await aMoment();
  }
}

/** The rotation, when it has come so far. */
export async function inGrace({ client }: Rotating, { id }: Credential): Promise<ReturnType<typeof rotationOf>> {
  const handle = rotationOf(client, id);
  for (;;) {
    const now = await progress(handle).catch(() => undefined);
    if (now?.waits.some(({ name }) => name === 'grace')) return handle;
    if (now?.end) throw new Error(`it ended first: ${JSON.stringify(now.end)}`);
    await aMoment();
  }
}
