import { expect, test } from 'vitest';
import { nextOpening } from '../../calendar/openings.ts';
import type { Calendar, Freeze, Window } from '../../contract/index.ts';

const berlin = 'Europe/Berlin';
const workdays: Window = { days: ['tue', 'wed', 'thu'], from: '10:00', to: '15:00', timezone: berlin };
const nights: Window = { days: ['fri', 'sat'], from: '22:00', to: '04:00', timezone: berlin };
const inTheSkippedHour: Window = { days: ['sun'], from: '02:30', to: '05:00', timezone: berlin };
const acrossTheRepeatedHour: Window = { days: ['sun'], from: '01:30', to: '03:30', timezone: berlin };
const freeze = (from: string, to: string, timezone = berlin): Freeze => ({ from, to, timezone });

const open = (window: Window | undefined, ...freezes: Freeze[]): Calendar => ({ ...(window && { window }), freezes });

interface Row {
  calendar: Calendar;
  at: string;
  neededMinutes?: number;
  from?: string;
  until?: string;
}

const rows: [string, Row][] = [
  ['no calendar is always open', { calendar: open(undefined), at: '2026-03-01T00:00Z', from: '2026-03-01T00:00Z' }],
  [
    'before the window, in winter',
    { calendar: open(workdays), at: '2026-01-13T05:00Z', from: '2026-01-13T09:00Z', until: '2026-01-13T14:00Z' },
  ],
  [
    'before the window, in summer',
    { calendar: open(workdays), at: '2026-07-14T05:00Z', from: '2026-07-14T08:00Z', until: '2026-07-14T13:00Z' },
  ],
  [
    'in the window it is open at once',
    { calendar: open(workdays), at: '2026-01-13T12:00Z', from: '2026-01-13T12:00Z', until: '2026-01-13T14:00Z' },
  ],
  [
    'the end of the window is closed',
    { calendar: open(workdays), at: '2026-01-13T14:00Z', from: '2026-01-14T09:00Z', until: '2026-01-14T14:00Z' },
  ],
  [
    'after the last of the week it is the next week',
    { calendar: open(workdays), at: '2026-01-15T14:00Z', from: '2026-01-20T09:00Z', until: '2026-01-20T14:00Z' },
  ],
  [
    'what does not fit into the rest waits for the next',
    {
      calendar: open(workdays),
      at: '2026-01-13T13:30Z',
      neededMinutes: 45,
      from: '2026-01-14T09:00Z',
      until: '2026-01-14T14:00Z',
    },
  ],
  ['what fits into none', { calendar: open(workdays), at: '2026-01-13T13:30Z', neededMinutes: 301 }],
  [
    'across midnight it belongs to the day before',
    { calendar: open(nights), at: '2026-01-17T01:00Z', from: '2026-01-17T01:00Z', until: '2026-01-17T03:00Z' },
  ],
  [
    'after a night the next night',
    { calendar: open(nights), at: '2026-01-17T03:00Z', from: '2026-01-17T21:00Z', until: '2026-01-18T03:00Z' },
  ],
  [
    'a night in which the clocks go forward is an hour shorter',
    { calendar: open(nights), at: '2026-03-28T20:00Z', from: '2026-03-28T21:00Z', until: '2026-03-29T02:00Z' },
  ],
  [
    'a night in which they go back is an hour longer',
    { calendar: open(nights), at: '2026-10-24T12:00Z', from: '2026-10-24T20:00Z', until: '2026-10-25T03:00Z' },
  ],
  [
    'a beginning that the clocks skip is the first time after it',
    {
      calendar: open(inTheSkippedHour),
      at: '2026-03-29T00:00Z',
      from: '2026-03-29T01:30Z',
      until: '2026-03-29T03:00Z',
    },
  ],
  [
    'an hour shown twice is open twice',
    {
      calendar: open(acrossTheRepeatedHour),
      at: '2026-10-25T00:45Z',
      from: '2026-10-25T00:45Z',
      until: '2026-10-25T02:30Z',
    },
  ],
  [
    'a freeze of whole days, to the end of the last',
    {
      calendar: open(undefined, freeze('2026-12-20', '2027-01-05')),
      at: '2026-12-24T12:00Z',
      from: '2027-01-05T23:00Z',
    },
  ],
  [
    'a freeze begins at midnight of its own zone',
    {
      calendar: open(undefined, freeze('2026-12-20', '2026-12-20', 'Asia/Tokyo')),
      at: '2026-12-19T14:00Z',
      from: '2026-12-19T14:00Z',
      until: '2026-12-19T15:00Z',
    },
  ],
  [
    'a freeze cuts a night in two',
    {
      calendar: open(nights, freeze('2026-01-17', '2026-01-17')),
      at: '2026-01-16T22:30Z',
      neededMinutes: 20,
      from: '2026-01-16T22:30Z',
      until: '2026-01-16T23:00Z',
    },
  ],
  [
    'two freezes that overlap',
    {
      calendar: open(workdays, freeze('2026-01-13', '2026-01-14'), freeze('2026-01-14', '2026-01-20')),
      at: '2026-01-13T05:00Z',
      from: '2026-01-21T09:00Z',
      until: '2026-01-21T14:00Z',
    },
  ],
  [
    'freezes that leave no day',
    { calendar: open(workdays, freeze('2020-01-01', '2040-01-01')), at: '2026-01-13T05:00Z' },
  ],
];

test.each(rows)('%s', (_what, { at, calendar, from, neededMinutes = 0, until }) => {
  const opening = nextOpening(calendar, Date.parse(at), neededMinutes * 60_000);
  const expected = from && {
    fromMs: Date.parse(from),
    untilMs: until === undefined ? Number.POSITIVE_INFINITY : Date.parse(until),
  };
  expect(opening).toEqual(expected);
});
