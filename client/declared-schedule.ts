import { createHash } from 'node:crypto';
import type {
  ScheduleDescription,
  ScheduleOptions,
  ScheduleOptionsStartWorkflowAction,
  ScheduleSummary,
} from '@temporalio/client';
import type { CredentialId } from '../contract/index.ts';
import type { ScheduledInput, scheduledRotation } from '../workflows/scheduled-rotation.workflow.ts';
import { inputOf, policiesOf, type Scheduled, specOf } from './timetable.ts';

/** The Temporal Schedule that stands for it. */
export interface DeclaredSchedule {
  scheduleId: string;
  spec: ScheduleOptions['spec'];
  policies: NonNullable<ScheduleOptions['policies']>;
  action: ScheduleOptionsStartWorkflowAction<typeof scheduledRotation>;
  input: ScheduledInput;
}

const prefix = 'keyturn/';
const workflowType = 'scheduledRotation';
/** In the action's memo, because that of a schedule itself cannot be changed. */
const hashField = 'keyturnDeclaration';

export function scheduleIdOf(credential: CredentialId): string {
  return `${prefix}${credential}`;
}

/** @returns undefined for what cannot be one of ours. */
export function credentialOfSchedule(scheduleId: string): CredentialId | undefined {
  return scheduleId.startsWith(prefix) ? scheduleId.slice(prefix.length) : undefined;
}

/** Ours has the prefix and starts our workflow. All others are left alone. */
export function isOurs({ action, scheduleId }: Pick<ScheduleSummary, 'action' | 'scheduleId'>): boolean {
  return credentialOfSchedule(scheduleId) !== undefined && action?.workflowType === workflowType;
}

export function scheduleOf(scheduled: Scheduled, taskQueue: string): DeclaredSchedule {
  const { credential, timetable } = scheduled;
  const scheduleId = scheduleIdOf(credential.id);
  const input = inputOf(scheduled);
  const spec = specOf(credential, timetable);
  const policies = policiesOf(timetable);
  const action = {
    type: 'startWorkflow' as const,
    workflowType,
    workflowId: `scheduled/${credential.id}`,
    taskQueue,
    args: [input] as [ScheduledInput],
    staticSummary: `rotate ${credential.id} ${input.schedule.when}`,
    memo: { [hashField]: hashOf({ input, spec, policies, taskQueue }) },
  };
  return { scheduleId, spec, policies, action, input };
}

export function isAsDeclared(found: Pick<ScheduleDescription, 'action'>, { action }: DeclaredSchedule): boolean {
  return markOf(found) === action.memo?.[hashField];
}

/** Tells one declaration from another. */
export function markOf({ action }: Pick<ScheduleDescription, 'action'>): unknown {
  return action.memo?.[hashField];
}

/** The same in whatever order the fields stand. */
function hashOf(declared: object): string {
  const sorted = (_name: string, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value;
  return createHash('sha256').update(JSON.stringify(declared, sorted)).digest('hex');
}
