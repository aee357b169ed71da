import type { Event } from '../../client/event.ts';

/** What an event of a history is to the others. Ids come as numbers of several kinds: here they are text. */

export function idOf(id: unknown): string {
  return String(id);
}

/** A marker of the engine's core: one local activity that has ended. */
export const localMarker = 'core_local_activity';

/** The event that began what this one goes on with. */
export function begunBy(event: Event): string | undefined {
  const begun =
    event.activityTaskStartedEventAttributes?.scheduledEventId ??
    event.activityTaskCompletedEventAttributes?.scheduledEventId ??
    event.activityTaskFailedEventAttributes?.scheduledEventId ??
    event.activityTaskTimedOutEventAttributes?.scheduledEventId ??
    event.activityTaskCancelRequestedEventAttributes?.scheduledEventId ??
    event.activityTaskCanceledEventAttributes?.scheduledEventId ??
    event.timerFiredEventAttributes?.startedEventId ??
    event.timerCanceledEventAttributes?.startedEventId ??
    event.childWorkflowExecutionStartedEventAttributes?.initiatedEventId ??
    event.childWorkflowExecutionCompletedEventAttributes?.initiatedEventId ??
    event.childWorkflowExecutionFailedEventAttributes?.initiatedEventId ??
    event.externalWorkflowExecutionSignaledEventAttributes?.initiatedEventId ??
    event.signalExternalWorkflowExecutionFailedEventAttributes?.initiatedEventId ??
    event.workflowExecutionUpdateCompletedEventAttributes?.acceptedEventId;
  return begun === undefined || begun === null ? undefined : idOf(begun);
}

/** Of a workflow task, which is what lets the workflow go on. */
export function isTask(event: Event): boolean {
  return Boolean(
    event.workflowTaskScheduledEventAttributes ??
      event.workflowTaskStartedEventAttributes ??
      event.workflowTaskCompletedEventAttributes ??
      event.workflowTaskFailedEventAttributes ??
      event.workflowTaskTimedOutEventAttributes,
  );
}

export function isEnd(event: Event): boolean {
  return Boolean(
    event.workflowExecutionCompletedEventAttributes ??
      event.workflowExecutionFailedEventAttributes ??
      event.workflowExecutionContinuedAsNewEventAttributes ??
      event.workflowExecutionCanceledEventAttributes ??
      event.workflowExecutionTerminatedEventAttributes,
  );
}

/** The signal that it was started with (signal-with-start): no other stands before the first workflow task. */
export function isOfStart({ eventId, workflowExecutionSignaledEventAttributes: signal }: Event): boolean {
  return Boolean(signal) && idOf(eventId) === '2';
}

/** Of a patch: its marker, and what the engine's core leaves to be searched for. */
export function isOfPatch(event: Event): boolean {
  const { markerRecordedEventAttributes: marker, upsertWorkflowSearchAttributesEventAttributes: upsert } = event;
  return (
    marker?.markerName === 'core_patch' || 'TemporalChangeVersion' in (upsert?.searchAttributes?.indexedFields ?? {})
  );
}
