import type { Event } from '../../../client/event.ts';
import { msOf } from '../../history/time.ts';

/** What the way to the refusal of the old key is made of. The first that covers an instant has it. */
export const kinds = [
  'activities at work',
  'activities waiting for a worker',
  'workflow tasks at work',
  'workflow tasks waiting for a worker',
  'the server in between',
] as const;
export type Kind = (typeof kinds)[number];

export interface Path {
  /** When the server had the request, and when the old key was first proven refused. */
  begunMs: number;
  refusedMs: number;
  /** So much of the time in between. */
  took: Record<Kind, number>;
  /** How long activities of each type were at work in it, all of a type together. */
  activities: ReadonlyMap<string, number>;
  /** How many timers ended in that time: none has to be waited for. */
  timers: number;
}

interface Span {
  kind: Kind;
  /** Of an activity. */
  type?: string;
  fromMs: number;
  toMs: number;
}

/** @returns undefined where the old key has not been proven refused. */
export function pathOf(events: readonly Event[]): Path | undefined {
  const byId = new Map(events.map((event) => [String(event.eventId), event]));
  const [first] = events;
  const proof = events.find((event) => {
    const completed = event.activityTaskCompletedEventAttributes;
    return completed && typeOf(byId.get(String(completed.scheduledEventId))) === 'proveRefused';
  });
  if (!first || !proof) return undefined;
  const [begunMs, refusedMs] = [msOf(first), msOf(proof)];
  const until = events.filter((event) => msOf(event) <= refusedMs);
  const spans = until.flatMap((event) => spansTo(event, byId));
  const timers = until.filter((event) => event.timerFiredEventAttributes).length;
  return { begunMs, refusedMs, took: shares(spans, begunMs, refusedMs), activities: byType(spans), timers };
}

function typeOf(scheduled: Event | undefined): string | undefined {
  return scheduled?.activityTaskScheduledEventAttributes?.activityType?.name ?? undefined;
}

function byType(spans: readonly Span[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { fromMs, kind, toMs, type } of spans) {
    if (type !== undefined && kind === 'activities at work') sums.set(type, (sums.get(type) ?? 0) + toMs - fromMs);
  }
  return sums;
}

/** What this event is the end of. */
function spansTo(event: Event, byId: ReadonlyMap<string, Event>): Span[] {
  const { activityTaskCompletedEventAttributes: activity, workflowTaskCompletedEventAttributes: task } = event;
  const ended = activity ?? task;
  if (!ended) return [];
  const scheduled = byId.get(String(ended.scheduledEventId));
  const started = byId.get(String(ended.startedEventId));
  if (!scheduled || !started) return [];
  const [scheduledMs, startedMs] = [msOf(scheduled), msOf(started)];
  const what = activity ? 'activities' : 'workflow tasks';
  const type = typeOf(scheduled);
  return [
    { kind: `${what} waiting for a worker`, fromMs: scheduledMs, toMs: startedMs },
    { kind: `${what} at work`, fromMs: startedMs, toMs: msOf(event), ...(type !== undefined && { type }) },
  ];
}

/** Several may cover an instant: it is counted once. */
function shares(spans: readonly Span[], fromMs: number, toMs: number): Record<Kind, number> {
  const took = Object.fromEntries(kinds.map((kind) => [kind, 0])) as Record<Kind, number>;
  const bounds = [fromMs, toMs, ...spans.flatMap((span) => [span.fromMs, span.toMs])]
    .filter((ms) => ms >= fromMs && ms <= toMs)
    .sort((one, other) => one - other);
  for (const [index, beginMs] of bounds.entries()) {
    const endMs = bounds[index + 1] ?? beginMs;
    const covering = spans.filter((span) => span.fromMs <= beginMs && span.toMs >= endMs);
    const kind = kinds.find((each) => covering.some((span) => span.kind === each)) ?? 'the server in between';
    took[kind] += endMs - beginMs;
  }
  return took;
}
