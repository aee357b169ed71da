import { expect, test } from 'vitest';
import { outlineOf, sizesOf } from '../../bench/history/outline.ts';
import { padded, padding } from '../../bench/history/padding.ts';
import { callsOf, waitsOf } from '../../bench/history/waits.ts';
import { recorded } from './recorded.ts';

test('an outline has all that a rotation asked of the engine', () => {
  const events = recorded('rotated');
  const { result, tasks } = outlineOf(events);
  const commands = tasks.flatMap(([does]) => does);
  const count = (kind: string) => commands.filter(([each]) => each === kind).length;
  expect(count('a')).toBe(events.filter((event) => event.activityTaskScheduledEventAttributes).length);
  expect(count('t')).toBe(events.filter((event) => event.timerStartedEventAttributes).length);
  expect(count('c')).toBe(events.filter((event) => event.timerCanceledEventAttributes).length);
  expect(count('u')).toBe(events.filter((event) => event.upsertWorkflowSearchAttributesEventAttributes).length);
  expect(tasks).toHaveLength(events.filter((event) => event.workflowTaskCompletedEventAttributes).length);
  expect(Math.min(result, sizesOf(events).input, sizesOf(events).signal)).toBeGreaterThan(50);
});

test('each task but the last waits for something that has been begun', () => {
  let begun = 0;
  const { tasks } = outlineOf(recorded('rotated'));
  for (const [does, awaits] of tasks.slice(0, -1)) {
    begun += does.filter(([kind]) => ['a', 'l', 't', 'k'].includes(kind)).length;
    expect(awaits.length).toBeGreaterThan(0);
    expect(Math.max(...awaits)).toBeLessThan(begun);
  }
  expect(tasks.at(-1)?.[1]).toEqual([]);
});

test('what does nothing is as large as what does something', () => {
  expect(JSON.stringify(padding(80))).toHaveLength(80);
  expect(JSON.stringify(padded({ give: 12 }, 80))).toHaveLength(80);
  expect(padded({ give: 12 }, 10)).toEqual({ give: 12 });
});

test('where the time went: what waits and what runs is a part of the whole', () => {
  const events = recorded('rotated');
  const calls = callsOf(events);
  const { activityRuns, activityWaits, taskRuns, taskWaits, whole } = waitsOf(events);
  const sum = (of: 'runs' | 'waits') => calls.reduce((total, call) => total + call[of], 0);
  expect(calls).toHaveLength(events.filter((event) => event.activityTaskCompletedEventAttributes).length);
  expect(activityRuns).toBeCloseTo(sum('runs'));
  expect(activityWaits).toBeCloseTo(sum('waits'));
  expect(Math.min(activityRuns, activityWaits, taskRuns, taskWaits)).toBeGreaterThan(0);
  // One after the other, as this rotation is.
  expect(activityRuns + activityWaits + taskRuns + taskWaits).toBeLessThanOrEqual(whole + 1);
});
