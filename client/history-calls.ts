import type { Instant } from '../contract/index.ts';
import { atOf, type Event, failureText, summaryOf } from './event.ts';

/** One activity, with all its attempts. */
export interface Call {
  at: Instant;
  endedAt?: Instant;
  activity: string;
  summary: string;
  outcome: 'done' | 'failed' | 'timed out' | 'cancelled' | 'running';
  attempts: number;
  /** Of the last attempt that failed. */
  error?: string;
}

/** A time that the rotation let pass, unless something came sooner. */
export interface Waited {
  at: Instant;
  endedAt?: Instant;
  name?: string;
  mostMs: number;
}

export function callsOf(events: readonly Event[]): Call[] {
  const calls = new Map<string, Call>();
  for (const event of events) {
    begin(calls, event);
    const { activityTaskStartedEventAttributes: started } = event;
    const call = calls.get(`${started?.scheduledEventId}`);
    if (!started || !call) continue;
    call.attempts = started.attempt ?? 1;
    note(call, failureText(started.lastFailure));
  }
  for (const event of events) end(calls, event);
  return [...calls.values()];
}

function begin(calls: Map<string, Call>, event: Event): void {
  const { activityTaskScheduledEventAttributes: scheduled, eventId } = event;
  if (!scheduled) return;
  const activity = scheduled.activityType?.name ?? 'activity';
  const summary = summaryOf(event) ?? activity;
  calls.set(`${eventId}`, { at: atOf(event), activity, summary, outcome: 'running', attempts: 1 });
}

function end(calls: Map<string, Call>, event: Event): void {
  const {
    activityTaskCanceledEventAttributes: cancelled,
    activityTaskCompletedEventAttributes: completed,
    activityTaskFailedEventAttributes: failed,
    activityTaskTimedOutEventAttributes: timedOut,
  } = event;
  const ended = completed ?? failed ?? timedOut ?? cancelled;
  const call = calls.get(`${ended?.scheduledEventId}`);
  if (!call) return;
  call.endedAt = atOf(event);
  call.outcome = completed ? 'done' : failed ? 'failed' : timedOut ? 'timed out' : 'cancelled';
  note(call, failureText((failed ?? timedOut)?.failure));
}

function note(call: Call, error: string | undefined): void {
  if (error !== undefined) call.error = error;
}

export function waitsOf(events: readonly Event[]): Waited[] {
  const ends = new Map<string, Instant>();
  for (const event of events) {
    const over = event.timerFiredEventAttributes ?? event.timerCanceledEventAttributes;
    if (over) ends.set(`${over.startedEventId}`, atOf(event));
  }
  return events.flatMap((event) => {
    const { eventId, timerStartedEventAttributes: started } = event;
    if (!started) return [];
    const { nanos, seconds } = started.startToFireTimeout ?? {};
    const mostMs = Number(seconds ?? 0) * 1_000 + (nanos ?? 0) / 1_000_000;
    const [endedAt, name] = [ends.get(`${eventId}`), summaryOf(event)];
    return [
      { at: atOf(event), mostMs, ...(endedAt !== undefined && { endedAt }), ...(name !== undefined && { name }) },
    ];
  });
}
