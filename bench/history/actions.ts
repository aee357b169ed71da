import type { Event } from '../../client/event.ts';
import { idOf, isOfPatch, isOfStart, localMarker } from './events.ts';

/**
 * The actions of a history as Temporal Cloud bills them (https://docs.temporal.io/cloud/actions), event by event. What leaves no event is not
 * in it: a query, an update that was refused, a heartbeat that reached the server; of a schedule's three the two before the start.
 */
export class ActionCount {
  readonly #tasks = new Set<string>();

  of(event: Event): number {
    const { markerRecordedEventAttributes: marker, workflowExecutionStartedEventAttributes: started } = event;
    // A child's start is counted where it was begun.
    if (started) return started.parentWorkflowExecution ? 0 : 1;
    if (event.startChildWorkflowExecutionInitiatedEventAttributes) return 2;
    const attempts = event.activityTaskStartedEventAttributes?.attempt;
    if (attempts) return attempts;
    if (marker?.markerName === localMarker) return this.#first(idOf(marker.workflowTaskCompletedEventId));
    return isOne(event) ? 1 : 0;
  }

  /** All local activities of one workflow task are one action. */
  #first(task: string): number {
    if (this.#tasks.has(task)) return 0;
    this.#tasks.add(task);
    return 1;
  }
}

function isOne(event: Event): boolean {
  const { workflowExecutionSignaledEventAttributes: signal } = event;
  // Signal-with-start is one in all; a signal from a workflow is counted where it was sent.
  if (signal) return !isOfStart(event) && !signal.externalWorkflowExecution;
  // What a patch leaves to be searched for is exempt.
  if (isOfPatch(event)) return false;
  return Boolean(
    event.timerStartedEventAttributes ??
      event.upsertWorkflowSearchAttributesEventAttributes ??
      event.signalExternalWorkflowExecutionInitiatedEventAttributes ??
      event.workflowExecutionUpdateAcceptedEventAttributes,
  );
}
