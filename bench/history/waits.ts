import type { Event } from '../../client/event.ts';
import { idOf } from './events.ts';

/** Where the time of one workflow went, in ms. Activities beside each other count each. */
export interface Waits {
  whole: number;
  /** Until a worker took up its activities, and until they had ended. */
  activityWaits: number;
  activityRuns: number;
  /** The same for its own tasks. */
  taskWaits: number;
  taskRuns: number;
}

export function waitsOf(events: readonly Event[]): Waits {
  const at = new Map(events.map((event) => [idOf(event.eventId), msOf(event)]));
  const since = (event: Event, id: unknown) => msOf(event) - (at.get(idOf(id)) ?? msOf(event));
  const waits: Waits = { whole: 0, activityWaits: 0, activityRuns: 0, taskWaits: 0, taskRuns: 0 };
  for (const event of events) {
    waits.activityWaits += since(event, event.activityTaskStartedEventAttributes?.scheduledEventId);
    waits.activityRuns += since(event, event.activityTaskCompletedEventAttributes?.startedEventId);
    waits.taskWaits += since(event, event.workflowTaskStartedEventAttributes?.scheduledEventId);
    waits.taskRuns += since(event, event.workflowTaskCompletedEventAttributes?.startedEventId);
  }
  const [first, last] = [events[0], events.at(-1)];
  if (first && last) waits.whole = msOf(last) - msOf(first);
  return waits;
}

/** By activity: how long each waited and ran, in order. */
export function callsOf(events: readonly Event[]): { name: string; waits: number; runs: number }[] {
  const byId = new Map(events.map((event) => [idOf(event.eventId), event]));
  return events.flatMap((event) => {
    const { activityTaskCompletedEventAttributes: completed } = event;
    const scheduled = byId.get(idOf(completed?.scheduledEventId));
    const started = byId.get(idOf(completed?.startedEventId));
    if (!scheduled || !started) return [];
    const name = scheduled.activityTaskScheduledEventAttributes?.activityType?.name ?? '';
    return [{ name, waits: msOf(started) - msOf(scheduled), runs: msOf(event) - msOf(started) }];
  });
}

function msOf({ eventTime }: Event): number {
  return Number(eventTime?.seconds ?? 0) * 1_000 + (eventTime?.nanos ?? 0) / 1_000_000;
}
