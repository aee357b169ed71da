import { isDeepStrictEqual } from 'node:util';
import { type Client, type ScheduleDescription, type ScheduleOptions, ScheduleOverlapPolicy } from '@temporalio/client';
import { durationText, type LookoutInput, mainQueue, type Watched } from '../contract/index.ts';
import type { lookout } from '../workflows/lookout.workflow.ts';
import { differences } from './differences.ts';
import { describeSchedule, foreign } from './schedules.ts';

/** Never a credential's, which has a slash after `keyturn`. */
export const lookoutId = 'keyturn-lookout';
const workflowType = 'lookout';
const everyMs = 3_600_000;

/** What becomes of the schedule that looks for credentials past their greatest age. */
export interface LookoutChange {
  /** `remove`: there is nothing to do but for who prunes. */
  action: 'create' | 'change' | 'remove' | 'unchanged';
  watched: readonly Watched[];
  /** Watched, and not declared. */
  left: readonly Watched[];
  /** In words. */
  differences: readonly string[];
  taskQueue: string;
}

/**
 * Compares what is declared with what is watched; only reads.
 * @returns undefined where nothing is either.
 * @throws KeyturnError `conflict` where the schedule is somebody else's.
 */
export async function compareLookout(
  client: Client,
  watched: readonly Watched[],
  taskQueue: string = mainQueue,
): Promise<LookoutChange | undefined> {
  const found = await describeSchedule(client, lookoutId);
  if (found && found.action.workflowType !== workflowType) throw foreign(found);
  const before = found ? watchedBy(found) : [];
  const left = before.filter(({ id }) => !has(watched, id));
  if (!found && watched.length === 0) return undefined;
  const words = watched.flatMap((each) => differenceWords(before, each));
  const isOld = found !== undefined && found.action.taskQueue !== taskQueue;
  const change = { watched, left, differences: isOld ? [...words, 'taskQueue'] : words, taskQueue };
  if (!found) return { ...change, action: 'create' };
  if (change.differences.length > 0) return { ...change, action: 'change' };
  return { ...change, action: left.length > 0 ? 'remove' : 'unchanged' };
}

function watchedBy({ action }: Pick<ScheduleDescription, 'action'>): readonly Watched[] {
  return (action.args?.[0] as LookoutInput | undefined)?.watched ?? [];
}

function differenceWords(before: readonly Watched[], now: Watched): string[] {
  const known = before.find(({ id }) => id === now.id);
  if (!known) return [`${now.id} is watched (maxAge ${durationText(now.maxAgeMs)})`];
  return isDeepStrictEqual(known, now) ? [] : differences(known, now).map((words) => `${now.id} ${words}`);
}

/** What is watched for others stays, unless it is pruned. Who has been told is remembered. @returns whether anything was written. */
export async function applyLookout(client: Client, change: LookoutChange, prunes: boolean): Promise<boolean> {
  const { action, taskQueue, watched } = change;
  if (action === 'unchanged' || (action === 'remove' && !prunes)) return false;
  const handle = client.schedule.getHandle(lookoutId);
  if (action === 'create') await client.schedule.create<typeof lookout>(scheduleOf(watched, taskQueue));
  else if (watched.length === 0 && prunes) await handle.delete();
  else {
    await handle.update<typeof lookout>(({ action: now, state }) => {
      const others = prunes ? [] : watchedBy({ action: now }).filter(({ id }) => !has(watched, id));
      return { ...scheduleOf([...watched, ...others], taskQueue), state };
    });
  }
  return true;
}

function has(watched: readonly Watched[], id: string): boolean {
  return watched.some((each) => each.id === id);
}

function scheduleOf(watched: readonly Watched[], taskQueue: string) {
  const policies = { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: everyMs, pauseOnFailure: false };
  const action = {
    type: 'startWorkflow' as const,
    workflowType,
    workflowId: lookoutId,
    taskQueue,
    args: [{ watched: watched.toSorted((a, b) => (a.id < b.id ? -1 : 1)) }] as [LookoutInput],
    staticSummary: `look whether any of ${watched.length} credentials is overdue`,
  };
  const spec: ScheduleOptions['spec'] = { intervals: [{ every: everyMs }] };
  return { scheduleId: lookoutId, spec, policies, action };
}
