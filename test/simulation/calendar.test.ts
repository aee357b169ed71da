import { expect, test } from 'vitest';
import type { Calendar, RotationEnd, Window } from '../../contract/index.ts';
import type { Scenario } from './scenario.ts';
import { Telling } from './telling.ts';

/** It is Monday, 09:00 UTC, when the rotation is asked for. */
const tuesdays: Window = { days: ['tue'], from: '10:00', to: '15:00', timezone: 'UTC' };
const mornings: Window = {
  days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'],
  ...{ from: '10:00', to: '10:40', timezone: 'UTC' },
};

const story = (calendar: Calendar, changes: Partial<Scenario> = {}): Scenario => ({
  chance: 1,
  world: {
    provider: { kind: 'mints', disables: true, tellsUse: false, keysMax: 2, propagationMs: 0, lastUsedMs: 0 },
    targets: [{ name: 'main', staging: true, destroys: true, propagationMs: 0 }],
    ...{ consumers: [], forgottenMs: 0, spares: 0 },
  },
  graceMs: 3_600_000,
  soakMs: 4 * 3_600_000,
  approvers: 0,
  smokeTest: 'passes',
  request: { urgency: 'routine' },
  ...{ faults: [], acts: [], calendar, ...changes },
});

/** @returns what was changed, with day and time, and how it ended. */
async function told(scenario: Scenario, at?: { wait: string; say: 'proceed' | 'rollBack' }) {
  const ends: RotationEnd[] = [];
  let said = false;
  const telling = new Telling({
    ...{ id: 'calendar', scenario },
    begun: () => telling.world.mayGo.add('K0'),
    ended: (end) => void ends.push(end),
  });
  const say = async () => {
    if (said || !at || !telling.host.progress?.waits.some(({ name }) => name === at.wait)) return;
    said = true;
    expect(telling.person.update(at.say)).toBeUndefined();
    await telling.host.settle();
  };
  await telling.begin(scenario);
  await telling.toTheEnd(say);
  const { trace, violations } = telling.world;
  expect(violations, trace.join('\n')).toEqual([]);
  const changes = trace.flatMap((line) => /-(\d\dT\d\d:\d\d).*Z keyturn (.*)/.exec(line)?.slice(1).join(' ') ?? []);
  return { changes, outcomes: ends.map(({ outcome }) => outcome) };
}

test('a rotation begins when its window is open', async () => {
  const { changes, outcomes } = await told(story({ window: tuesdays, freezes: [] }));
  expect(changes[0]).toBe('06T10:00 made K1');
  expect(outcomes).toEqual(['rotated']);
});

test('what changes something waits for a window, each step for its own; grace and soak may cross', async () => {
  const { changes, outcomes } = await told(story({ window: mornings, freezes: [] }));
  expect(changes).toEqual([
    '05T10:00 made K1',
    '05T10:00 made main serve K1',
    '06T10:00 disabled K0',
    '07T10:00 removed K0',
  ]);
  expect(outcomes).toEqual(['rotated']);
});

test('a freeze comes between', async () => {
  const freezes = [{ from: '2026-01-06', to: '2026-01-07', timezone: 'UTC' }];
  const { changes } = await told(story({ window: mornings, freezes }));
  expect(changes.slice(2)).toEqual(['08T10:00 disabled K0', '09T10:00 removed K0']);
});

test('what is urgent waits for no window', async () => {
  const { changes } = await told(story({ window: tuesdays, freezes: [] }, { request: { urgency: 'expedited' } }));
  expect(changes.every((line) => line.startsWith('05T09:'))).toBe(true);
  expect(changes).toHaveLength(4);
});

test('a person skips one wait, and no other', async () => {
  const { changes } = await told(story({ window: tuesdays, freezes: [] }), { wait: 'window', say: 'proceed' });
  expect(changes).toEqual([
    '05T09:00 made K1',
    '05T09:00 made main serve K1',
    '06T10:00 disabled K0',
    '06T14:00 removed K0',
  ]);
});

test('to roll back while it waits for its window leaves everything as it is', async () => {
  const { changes, outcomes } = await told(story({ window: tuesdays, freezes: [] }), {
    wait: 'window',
    say: 'rollBack',
  });
  expect([changes, outcomes]).toEqual([[], ['unchanged']]);
});

test('what goes back waits for no window', async () => {
  const { changes, outcomes } = await told(story({ window: mornings, freezes: [] }), {
    wait: 'grace',
    say: 'rollBack',
  });
  expect(changes).toEqual([
    '05T10:00 made K1',
    '05T10:00 made main serve K1',
    '05T10:00 made main serve K0',
    '05T10:00 removed K1',
  ]);
  expect(outcomes).toEqual(['restored']);
});
