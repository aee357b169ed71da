import { expect, test } from 'vitest';
import { msOf } from '../../bench/history/time.ts';
import { kinds, pathOf } from '../../bench/rows/compromise/path.ts';
import type { Event } from '../../client/event.ts';
import { recorded } from './recorded.ts';

test('of a recorded compromise all of the time has a part, up to the first proof', () => {
  const events = recorded('rotated-compromised');
  const path = pathOf(events);
  const whole = (path?.refusedMs ?? 0) - (path?.begunMs ?? 0);
  const parts = kinds.map((kind) => path?.took[kind] ?? 0);
  expect(whole).toBeGreaterThan(0);
  expect(whole).toBeLessThan(msOf(events.at(-1) ?? {}) - msOf(events[0] ?? {}));
  expect(parts.reduce((sum, part) => sum + part, 0)).toBeCloseTo(whole, 3);
  expect(path?.activities.get('proveRefused')).toBeGreaterThan(0);
  expect(path?.activities.has('recordEnd')).toBe(false);
});

/** At so many ms. */
const event = (eventId: number, atMs: number, more: object = {}) =>
  ({ eventId, eventTime: { seconds: 0, nanos: atMs * 1_000_000 }, ...more }) as unknown as Event;

const call = (from: number, [scheduledMs, startedMs, completedMs]: readonly [number, number, number], name: string) => [
  event(from, scheduledMs, { activityTaskScheduledEventAttributes: { activityType: { name } } }),
  event(from + 1, startedMs, { activityTaskStartedEventAttributes: { scheduledEventId: from } }),
  event(from + 2, completedMs, {
    activityTaskCompletedEventAttributes: { scheduledEventId: from, startedEventId: from + 1 },
  }),
];

test('what happens side by side is counted once, and what is under way before what waits', () => {
  const events = [
    event(1, 0),
    ...call(2, [10, 20, 60], 'testTarget'),
    ...call(5, [10, 50, 80], 'testTarget'),
    event(8, 85, { timerFiredEventAttributes: {} }),
    ...call(9, [90, 95, 100], 'proveRefused'),
    ...call(12, [110, 120, 130], 'proveRefused'),
  ];
  const path = pathOf(events);
  expect(path).toMatchObject({ begunMs: 0, refusedMs: 100, timers: 1 });
  expect(path?.took).toEqual({
    'activities at work': 65,
    'activities waiting for a worker': 15,
    'workflow tasks at work': 0,
    'workflow tasks waiting for a worker': 0,
    'the server in between': 20,
  });
  expect(path?.activities.get('testTarget')).toBe(70);
});

test('an old key that was not proven refused has no path', () => {
  expect(pathOf([event(1, 0), ...call(2, [10, 20, 60], 'testTarget')])).toBeUndefined();
});
