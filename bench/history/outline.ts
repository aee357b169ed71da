import type { Event } from '../../client/event.ts';
import { begunBy, idOf, isOfPatch, isTask, localMarker } from './events.ts';

/**
 * What a workflow did, without what for: task by task, with the sizes of what was said, in bytes. One that does nothing goes through the same
 * (`rows/floor/workflow.ts`); it is started with this, so it is short.
 */
export interface Outline {
  /** What each task asks of the engine, in order; and of all that has been begun, by number from 0, what ends before the next one. */
  tasks: [does: Command[], awaits: number[]][];
  result: number;
}

/** Activity and local activity with the sizes of input, result and summary; timer, cancelled timer by number, child, patch, search attributes. */
export type Command =
  | ['a' | 'l', number, number, number]
  | ['t', ms: number]
  | ['c', number]
  | ['k']
  | ['p']
  | ['u', ...names: string[]];

/** What it is started with, and told at once. */
export interface Sizes {
  input: number;
  signal: number;
}

export function sizesOf([first, second]: readonly Event[]): Sizes {
  return {
    input: bytesOf(first?.workflowExecutionStartedEventAttributes?.input),
    signal: bytesOf(second?.workflowExecutionSignaledEventAttributes?.input),
  };
}

export function outlineOf(events: readonly Event[]): Outline {
  const tasks: Outline['tasks'] = [];
  const results = resultsOf(events);
  /** What has been begun, by the event of its beginning. */
  const begun = new Map<string, number>();
  for (const event of events) {
    if (event.workflowTaskCompletedEventAttributes) tasks.push([[], []]);
    const task = tasks.at(-1);
    if (!task || isTask(event)) continue;
    const [does, awaits] = task;
    const command = commandOf(event, results, begun);
    if (command) does.push(command);
    if (command && isAwaited(command)) begun.set(idOf(event.eventId), begun.size);
    const ended = isEnding(event) ? begun.get(begunBy(event) ?? '') : undefined;
    if (ended !== undefined) awaits.push(ended);
  }
  return { tasks, result: bytesOf(events.at(-1)?.workflowExecutionCompletedEventAttributes?.result) };
}

const isAwaited = ([kind]: Command) => ['a', 'l', 't', 'k'].includes(kind);

type Numbers = ReadonlyMap<string, number>;

function commandOf(event: Event, results: Numbers, begun: Numbers): Command | undefined {
  const {
    activityTaskScheduledEventAttributes: activity,
    markerRecordedEventAttributes: marker,
    startChildWorkflowExecutionInitiatedEventAttributes: child,
    timerCanceledEventAttributes: cancelled,
    timerStartedEventAttributes: timer,
    upsertWorkflowSearchAttributesEventAttributes: upsert,
  } = event;
  const summary = event.userMetadata?.summary?.data?.length ?? 0;
  if (activity) return ['a', bytesOf(activity.input), results.get(idOf(event.eventId)) ?? 0, summary];
  if (marker?.markerName === localMarker) return ['l', 0, bytesOf(marker.details?.result), summary];
  if (timer) return ['t', Number(timer.startToFireTimeout?.seconds ?? 0) * 1_000];
  if (cancelled) return ['c', begun.get(idOf(cancelled.startedEventId)) ?? 0];
  if (child) return ['k'];
  // Its search attribute comes by itself.
  if (isOfPatch(event)) return marker ? ['p'] : undefined;
  if (upsert) return ['u', ...Object.keys(upsert.searchAttributes?.indexedFields ?? {})];
  return undefined;
}

function isEnding(event: Event): boolean {
  return Boolean(
    event.activityTaskCompletedEventAttributes ??
      event.timerFiredEventAttributes ??
      event.childWorkflowExecutionCompletedEventAttributes,
  );
}

function resultsOf(events: readonly Event[]): Map<string, number> {
  return new Map(
    events.flatMap(({ activityTaskCompletedEventAttributes: completed }) =>
      completed ? [[idOf(completed.scheduledEventId), bytesOf(completed.result)] as const] : [],
    ),
  );
}

type Payloads = { payloads?: { data?: Uint8Array | null }[] | null } | null | undefined;

function bytesOf(payloads: Payloads): number {
  return (payloads?.payloads ?? []).reduce((sum, { data }) => sum + (data?.length ?? 0), 0);
}
