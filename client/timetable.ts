import { createHash } from 'node:crypto';
import { type ScheduleOptions, ScheduleOverlapPolicy, type ScheduleSpec } from '@temporalio/client';
import { type Credential, durationText } from '../contract/index.ts';
import type { Group } from '../workflows/group.workflow.ts';
import type { ScheduledInput } from '../workflows/scheduled-rotation.workflow.ts';

/** When a credential is rotated without being asked: exactly one of `everyMs` and `cron`, which is read in `timezone`. */
export interface Timetable {
  everyMs?: number;
  cron?: string;
  timezone: string;
  jitterMs: number;
  catchUp: 'once' | 'skip';
}

/** The least that Temporal takes. */
const catchUpLeastMs = 10_000;
const dayMs = 86_400_000;

/** A credential that is rotated without being asked. */
export interface Scheduled {
  credential: Credential;
  timetable: Timetable;
  /** Those from which its rotations are kept apart. */
  group?: Group;
}

export function inputOf({ credential, group, timetable }: Scheduled): ScheduledInput {
  const { catchUp, cron, everyMs, jitterMs, timezone } = timetable;
  const when = everyMs === undefined ? `cron ${cron} (${timezone})` : `every ${durationText(everyMs)}`;
  const schedule = { when, jitter: durationText(jitterMs), catchUp };
  return { credential, schedule, ...(group && { group }) };
}

export function specOf(credential: Credential, { cron, everyMs, jitterMs, timezone }: Timetable): ScheduleSpec {
  if (cron !== undefined) return { cronExpressions: cronsOf(cron), timezone, jitter: jitterMs };
  const intervals = everyMs === undefined ? [] : [{ every: everyMs, offset: phaseMs(credential.id, everyMs) }];
  return { intervals, jitter: jitterMs };
}

/** As other crons mean it: of a day and a weekday either is enough, and a range may end with Sunday. For Temporal both have to be. */
function cronsOf(cron: string): string[] {
  const [minute, hour, day, month, weekday = '*'] = cron.split(' ');
  const weekdays = weekday.replace(/-sun\b/gi, '-7');
  const days =
    day === '*' || weekday === '*'
      ? [[day, weekdays]]
      : [
          [day, '*'],
          ['*', weekdays],
        ];
  return days.map(([each, ofWeek]) => [minute, hour, each, month, ofWeek].join(' '));
}

/** Not all fire at once, and one that is applied again fires when it would have. In whole seconds, as Temporal counts. */
function phaseMs(id: string, everyMs: number): number {
  const hash = createHash('sha256').update(id).digest().readUIntBE(0, 6);
  return (hash % Math.floor(everyMs / 1_000)) * 1_000;
}

export function policiesOf(timetable: Timetable): Required<NonNullable<ScheduleOptions['policies']>> {
  const catchupWindow = timetable.catchUp === 'skip' ? catchUpLeastMs : periodMs(timetable);
  return { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow, pauseOnFailure: false };
}

/** Of a cron the unit in which it comes again: a year where it names months, and so on down. */
function periodMs({ cron = '', everyMs }: Timetable): number {
  if (everyMs !== undefined) return everyMs;
  const [minute, hour, day, month, weekday] = cron.split(' ').map((field) => field !== '*');
  if (month) return 366 * dayMs;
  if (weekday) return 7 * dayMs;
  if (day) return 31 * dayMs;
  if (hour) return dayMs;
  return minute ? 3_600_000 : 60_000;
}
