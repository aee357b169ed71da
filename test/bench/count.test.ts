import { expect, test } from 'vitest';
import { type Cost, costOf, sumOf } from '../../bench/history/count.ts';
import type { Event } from '../../client/event.ts';
import { recorded } from './recorded.ts';

const partOf = ({ parts }: Cost, wanted: string) => parts.find(({ name }) => name === wanted);
const activities = (events: readonly Event[]) =>
  events.filter(({ activityTaskStartedEventAttributes: started }) => started).length;
const timers = (events: readonly Event[]) => events.filter(({ timerStartedEventAttributes: timer }) => timer).length;

test('every event of a rotation belongs to a part, and each part has what it takes', () => {
  const events = recorded('rotated');
  const cost = costOf(events);
  expect(cost.events).toBe(events.length);
  // Started by a signal-with-start, which is one action in all.
  expect(cost.actions).toBe(1 + activities(events) + timers(events) + cost.upserts);
  expect(partOf(cost, 'start and end')).toMatchObject({ times: 1, actions: 1 });
  // Scheduled, started, completed, and the workflow task that it led to.
  expect(partOf(cost, 'recordEnd')).toMatchObject({ times: 1, actions: 1, events: 6 });
  expect(partOf(cost, 'testTarget: evidence')).toMatchObject({ times: 1 });
  expect(partOf(cost, 'timer that was not needed')?.actions).toBeGreaterThan(0);
  expect(partOf(cost, 'search attributes')).toMatchObject({ times: cost.upserts, actions: cost.upserts });
});

test('a timer that fired is told from one that was not needed', () => {
  const cost = costOf(recorded('rotated-expedited-in-the-grace'));
  expect(partOf(cost, 'signal request')).toMatchObject({ times: 1, actions: 1 });
  expect(partOf(cost, 'timer that was not needed')?.times).toBeGreaterThan(0);
});

const event = (eventId: number, more: object) => ({ eventId, ...more }) as unknown as Event;

test('attempts are actions each, local activities of one workflow task are one together', () => {
  const marker = (eventId: number, task: number) =>
    event(eventId, {
      markerRecordedEventAttributes: { markerName: 'core_local_activity', workflowTaskCompletedEventId: task },
    });
  const attempts = [
    event(1, { activityTaskScheduledEventAttributes: { activityType: { name: 'x' } } }),
    event(2, { activityTaskStartedEventAttributes: { scheduledEventId: 1, attempt: 3 } }),
  ];
  expect(costOf(attempts).actions).toBe(3);
  expect(costOf([marker(5, 4), marker(6, 4), marker(9, 8)]).actions).toBe(2);
});

test('a child is two actions where it is begun and none of its own, a message one where it is sent', () => {
  const parent = [
    event(5, { startChildWorkflowExecutionInitiatedEventAttributes: { workflowType: { name: 'rotation' } } }),
  ];
  const parentWorkflowExecution = { workflowId: 'scheduled/x' };
  const child = [event(1, { workflowExecutionStartedEventAttributes: { parentWorkflowExecution } })];
  expect(sumOf([costOf(parent), costOf(child)]).actions).toBe(2);
  const sent = [event(5, { signalExternalWorkflowExecutionInitiatedEventAttributes: { signalName: 'news' } })];
  const externalWorkflowExecution = { workflowId: 'rotation/x' };
  const got = [
    event(5, { workflowExecutionSignaledEventAttributes: { signalName: 'news', externalWorkflowExecution } }),
  ];
  expect(sumOf([costOf(sent), costOf(got)]).actions).toBe(1);
});

test('what a patch leaves in a history is counted as events, and billed to nobody', () => {
  const indexed = (name: string) => ({
    upsertWorkflowSearchAttributesEventAttributes: { searchAttributes: { indexedFields: { [name]: {} } } },
  });
  const patched = costOf([
    event(5, { markerRecordedEventAttributes: { markerName: 'core_patch' } }),
    event(6, indexed('TemporalChangeVersion')),
    event(7, indexed('KeyturnPhase')),
  ]);
  expect(patched).toMatchObject({ actions: 1, events: 3, upserts: 1 });
  expect(partOf(patched, 'patches')).toMatchObject({ actions: 0, events: 2 });
});
