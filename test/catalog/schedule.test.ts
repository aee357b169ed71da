import { describe, expect, it } from 'vitest';
import { changed, errorIn, parse } from './fakes.ts';

const withSchedule = (schedule: string) => changed('owner: me', `owner: me\n    schedule: ${schedule}`);
const window = (fields: string) => `{ every: 30d, window: { ${fields} } }`;

describe('a schedule', () => {
  it.each([
    ['{ every: 30d }', { everyMs: 2_592_000_000, timezone: 'UTC' }],
    ['{ cron: "0 3 * * mon" }', { cron: '0 3 * * mon', timezone: 'UTC' }],
    ['{ cron: "*/15 0-6,22 1 jan-mar 1", timezone: America/New_York }', { timezone: 'America/New_York' }],
    ['{ cron: "0 0 29 2 *" }', { cron: '0 0 29 2 *' }],
    ['{ cron: "0 3 * * *", window: { from: "01:00", to: "05:00", timezone: Asia/Tokyo } }', { timezone: 'Asia/Tokyo' }],
    [
      window('from: "22:00", to: "04:00"'),
      { window: { days: expect.arrayContaining(['mon', 'sun']), timezone: 'UTC' } },
    ],
    [window('days: [sat], from: 10:00, to: "11:00", timezone: UTC'), { window: { days: ['sat'], from: '10:00' } }],
    ['{ every: 30d }', { jitterMs: 0, catchUp: 'once' }],
    ['{ every: 30d, jitter: 2h, catchUp: skip }', { jitterMs: 7_200_000, catchUp: 'skip' }],
  ])('%s is taken', async (text, expected) => {
    expect((await parse(withSchedule(text))).find('a/b').schedule).toMatchObject(expected);
  });

  it.each([
    ['{}', 'schedule: found a mapping, expected either `every` or `cron`'],
    ['{ every: 1d, cron: "0 3 * * *" }', 'expected either `every` or `cron`'],
    ['{ every: 30s }', 'schedule.every: found a string, expected at least 1m'],
    ['{ every: 30 }', 'schedule.every: found a number, expected a duration'],
    ['{ cron: "0 3 * *" }', 'schedule.cron: found a string, expected five cron fields'],
    ['{ cron: "0 0 3 * * *" }', 'expected five cron fields'],
    ['{ cron: "60 3 * * *" }', 'expected five cron fields'],
    ['{ cron: "0 0 L * *" }', 'expected five cron fields'],
    ['{ cron: "@daily" }', 'expected five cron fields'],
    ['{ cron: "0 0 30 2 *" }', 'schedule.cron: found a string, expected a day that exists'],
    ['{ every: 1d, timezone: UTC }', 'schedule.timezone: found a string, expected no `timezone` beside `every`'],
    ['{ cron: "0 3 * * *", timezone: Europe/Berln }', 'such as Europe/Berlin or UTC'],
    [window('from: "10:00", to: "10:00"'), 'window.to: found a string, expected another time than `from`'],
    [window('from: "24:00", to: "10:00"'), 'window.from: found a string, expected a time from "00:00" to "23:59"'],
    [window('from: "9:00", to: "10:00"'), 'window.from'],
    [window('to: "10:00"'), 'window.from: the field "from" is missing'],
    [window('days: [], from: "09:00", to: "10:00"'), 'window.days: found an empty list, expected at least 1 entry'],
    [window('days: [mon, mon], from: "09:00", to: "10:00"'), 'window.days: found a list, expected each day once'],
    [window('days: [monday], from: "09:00", to: "10:00"'), 'window.days[0]: found'],
    [window('from: "09:00", to: "10:00", timezone: europe/berlin'), 'such as Europe/Berlin or UTC'],
    [window('from: "09:00", to: "10:00", timezone: "+02:00"'), 'an IANA time zone'],
    [window('from: "09:00", to: "10:00", timezone: CEST2'), 'an IANA time zone'],
    ['{ every: 1d, jitter: -1h }', 'schedule.jitter'],
    ['{ every: 1d, catchUp: all }', 'schedule.catchUp'],
    [window('from: "09:00", to: "09:20"'), 'schedule.window: found a window and freezes that leave no time in which'],
  ])('%s is refused', async (text, expected) => {
    expect((await errorIn(withSchedule(text))).message).toContain(expected);
  });
});

describe('freezes and groups', () => {
  const withTop = (top: string) => `${top}\n${changed('owner: me', 'owner: me')}`;

  it('a freeze is for every credential of the file', async () => {
    const { find } = await parse(
      withTop('freezes: [{ from: 2026-12-20, to: 2027-01-05, timezone: Europe/Berlin, reason: year end }]'),
    );
    expect(find('a/b').calendar).toEqual({
      freezes: [{ from: '2026-12-20', to: '2027-01-05', timezone: 'Europe/Berlin', reason: 'year end' }],
    });
  });

  it('where people are told is for every credential, too', async () => {
    const notify = { url: 'https://hooks.internal/x', secret: { env: 'HOOK' } };
    expect((await parse(withTop(`notify: ${JSON.stringify(notify)}`))).find('a/b').notify).toEqual(notify);
  });

  it('without window and freezes there is no calendar', async () => {
    expect((await parse(changed('owner: me', 'owner: me'))).find('a/b')).not.toHaveProperty('calendar');
  });

  it('the group of a credential, with what it says', async () => {
    const text = `groups: { pair: { apart: 4h, atOnce: 2 } }\n${changed('owner: me', 'owner: me\n    group: pair\n    maxAge: 90d')}`;
    expect((await parse(text)).find('a/b')).toMatchObject({
      group: { name: 'pair', apartMs: 14_400_000, atOnce: 2 },
      maxAgeMs: 7_776_000_000,
    });
  });

  it.each([
    [
      'freezes: [{ from: 2026-12-20, to: 2026-12-19 }]',
      'freezes[0].to: found a string, expected the same day as `from`',
    ],
    ['freezes: [{ from: 2026-02-30, to: 2026-03-01 }]', 'freezes[0].from: found a string, expected a date'],
    ['freezes: [{ from: 2026-12-20 }]', 'freezes[0].to: the field "to" is missing'],
    ['freezes: [{ from: 2020-01-01, to: 2045-01-01 }]', 'leave no time in which a rotation fits'],
    ['groups: { pair: {} }', 'groups.pair: found a mapping, expected `apart`, `atOnce` or both'],
    ['groups: { pair: { atOnce: 0 } }', 'groups.pair.atOnce: found 0, expected at least 1'],
    [
      'notify: { url: http://hooks.example.com/x, secret: { env: HOOK } }',
      'notify.url: found a string, expected https',
    ],
    [
      'notify: { url: https://hooks.example.com/x, secret: whsec_abc }',
      'notify.secret: found a string that is not shown',
    ],
    ['freeze: []', 'unknown field "freeze"; did you mean "freezes"?'],
  ])('%s is refused', async (top, expected) => {
    expect((await errorIn(withTop(top))).message).toContain(expected);
  });

  it('a group that the file does not have', async () => {
    const text = `groups: { pair: { apart: 4h } }\n${changed('owner: me', 'owner: me\n    group: pairs')}`;
    expect((await errorIn(text)).problems).toMatchObject([
      {
        path: 'credentials.a/b.group',
        found: 'the name of no group',
        expected: 'one of pair',
        fix: 'did you mean "pair"?',
      },
    ]);
  });
});
