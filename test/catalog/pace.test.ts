import { describe, expect, it } from 'vitest';
import { changed, errorIn, parse } from './fakes.ts';

const day = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
const frozenFor = (days: number) => `freezes: [{ from: ${day(-1)}, to: ${day(days)} }]`;
const file = (top: string, fields: string) => `${top}\n${changed('owner: me', `owner: me\n    ${fields}`)}`;
const inVain = 'between two rotations its value gets older than this';
const closed = 'its window and freezes leave no time for a rotation before';

describe('times that cannot be kept', () => {
  it.each([
    ['', 'schedule: { every: 25h }', 'schedule', 'a rotation takes longer than the time between two'],
    ['', 'schedule: { cron: "0 3 * * *" }', 'schedule', 'a rotation takes longer than the time between two'],
    ['', 'schedule: { every: 30d }\n    maxAge: 29d', 'maxAge', `${inVain}: up to 30d`],
    ['', 'schedule: { cron: "0 3 1 * *" }\n    maxAge: 30d', 'maxAge', `${inVain}: up to 31d`],
    ['', 'schedule: { cron: "0 3 29 2 *" }\n    maxAge: 400d', 'maxAge', `${inVain}: up to 2921d`],
    ['', 'schedule: { every: 30d, jitter: 30d }', 'schedule.jitter', 'it begins later by as much as lies between two'],
    [frozenFor(40), 'schedule: { every: 30d }', '', `${closed} ${day(41)}`],
    [frozenFor(40), 'maxAge: 30d', '', `${closed} ${day(41)}`],
    [frozenFor(40), 'schedule: { every: 30d, window: { from: "10:00", to: "15:00" } }', 'schedule.window', closed],
  ])('%s %s', async (top, fields, path, says) => {
    const { warnings } = await parse(file(top, fields));
    expect(warnings).toMatchObject([
      {
        path: ['credentials.a/b', path].filter((each) => each !== '').join('.'),
        message: expect.stringContaining(says),
      },
    ]);
  });

  it.each([
    ['', 'schedule: { every: 30d }\n    maxAge: 30d'],
    ['', 'schedule: { cron: "0 3 1 * *", jitter: 2h }\n    maxAge: 31d'],
    ['', 'maxAge: 1d'],
    [frozenFor(10), 'schedule: { every: 30d }\n    maxAge: 60d'],
    [frozenFor(40), ''],
  ])('%s %s can be', async (top, fields) => {
    expect((await parse(file(top, fields))).warnings).toEqual([]);
  });

  it.each([
    ['', 'schedule: { cron: "0 0 31 4,6,9,11 *" }', 'schedule.cron: found a string, expected a day that exists'],
    [frozenFor(2_000), 'schedule: { every: 30d }', 'leave no time in which a rotation fits'],
    ['', 'schedule: { every: 30d, window: { from: "10:00", to: "10:24" } }', 'expected 25m at a stretch'],
  ])('%s %s never could be, and is refused', async (top, fields, expected) => {
    expect((await errorIn(file(top, fields))).message).toContain(expected);
  });
});
