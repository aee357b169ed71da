import proto from '@temporalio/proto';
import { type Event, summaryOf } from '../../client/event.ts';
import { ActionCount } from './actions.ts';
import { begunBy, idOf, isEnd, isOfPatch, isOfStart, isTask, localMarker } from './events.ts';

const { HistoryEvent } = proto.temporal.api.history.v1;

/** What one kind of thing in a history takes of the engine, the workflow tasks that it leads to included. */
export interface Part {
  /** `testTarget`, `testTarget: evidence`, `timer that fired`. */
  name: string;
  times: number;
  actions: number;
  events: number;
  bytes: number;
}

export interface Cost {
  actions: number;
  events: number;
  bytes: number;
  /** Search attributes changed, without those of patches. */
  upserts: number;
  parts: Part[];
}

/** What a workflow has taken of the engine, part by part. */
export function costOf(events: readonly Event[]): Cost {
  const names = namesOf(events);
  const parts = new Map<string, Part>();
  const actions = new ActionCount();
  for (const event of events) {
    const name = names.get(idOf(event.eventId)) ?? edge;
    const part = parts.get(name) ?? { name, times: 0, actions: 0, events: 0, bytes: 0 };
    parts.set(name, part);
    part.events += 1;
    part.bytes += HistoryEvent.encode(event).finish().length;
    part.actions += actions.of(event);
    if (isFirst(event)) part.times += 1;
  }
  const all = [...parts.values()];
  const sum = (of: 'actions' | 'events' | 'bytes') => all.reduce((total, part) => total + part[of], 0);
  const upserts = parts.get(searchName)?.times ?? 0;
  return { actions: sum('actions'), events: sum('events'), bytes: sum('bytes'), upserts, parts: all };
}

/** What several workflows have taken together: a run of a schedule and the rotation that it began. */
export function sumOf(costs: readonly Cost[]): Cost {
  const sum = (of: Exclude<keyof Cost, 'parts'>) => costs.reduce((total, cost) => total + cost[of], 0);
  const parts = costs.flatMap((cost) => cost.parts);
  return { actions: sum('actions'), events: sum('events'), bytes: sum('bytes'), upserts: sum('upserts'), parts };
}

const edge = 'start and end';
const searchName = 'search attributes';

/** By event: the part that it belongs to. */
function namesOf(events: readonly Event[]): Map<string, string> {
  const names = new Map<string, string>();
  const timers = timersThatFired(events);
  /** The last that was no workflow task: what the next workflow task comes from. */
  let cause = edge;
  for (const event of events) {
    const id = idOf(event.eventId);
    const name = isTask(event) ? cause : (nameOf(event, timers) ?? names.get(begunBy(event) ?? '') ?? edge);
    names.set(id, name);
    cause = name;
  }
  return names;
}

function nameOf(event: Event, timersThatFired: ReadonlySet<string>): string | undefined {
  const {
    activityTaskScheduledEventAttributes: activity,
    markerRecordedEventAttributes: marker,
    startChildWorkflowExecutionInitiatedEventAttributes: child,
    timerStartedEventAttributes: timer,
    upsertWorkflowSearchAttributesEventAttributes: upsert,
    workflowExecutionSignaledEventAttributes: signal,
    signalExternalWorkflowExecutionInitiatedEventAttributes: told,
    workflowExecutionUpdateAcceptedEventAttributes: update,
  } = event;
  if (activity) return [activity.activityType?.name ?? '', ...roleOf(event)].join(': ');
  if (isOfPatch(event)) return 'patches';
  if (marker) return marker.markerName === localMarker ? 'local activities' : `marker ${marker.markerName}`;
  if (timer) return timersThatFired.has(idOf(event.eventId)) ? 'timer that fired' : 'timer that was not needed';
  if (upsert) return searchName;
  if (signal) return isOfStart(event) ? edge : `signal ${signal.signalName}`;
  if (told) return `message ${told.signalName} to another workflow`;
  if (child) return `child ${child.workflowType?.name}`;
  if (update) return 'update';
  return undefined;
}

/** An activity's summary says what it is for: `evidence: last use of ...`. */
function roleOf(event: Event): string[] {
  const [, role] = /^(evidence): /.exec(summaryOf(event) ?? '') ?? [];
  return role === undefined ? [] : [role];
}

function timersThatFired(events: readonly Event[]): Set<string> {
  return new Set(events.flatMap(({ timerFiredEventAttributes: fired }) => (fired ? [idOf(fired.startedEventId)] : [])));
}

/** Does the part occur once more with this event? */
function isFirst(event: Event): boolean {
  return !isTask(event) && begunBy(event) === undefined && !isEnd(event) && !isOfStart(event);
}
