import { Cron } from 'croner';
import { z } from 'zod';
import { nearest } from '../connectors/load.ts';
import { type Freeze, type Window, weekdays } from '../contract/index.ts';
import { span } from './spans.ts';

/** When a credential is rotated without being asked: exactly one of `everyMs` and `cron`. */
export interface Schedule {
  everyMs?: number;
  /** Five fields, read in `timezone`. */
  cron?: string;
  timezone: string;
  window?: Window;
  /** Each rotation begins up to so much later, another time each. */
  jitterMs: number;
  /** What becomes of rotations that were due while the server was down: one of them, or none. */
  catchUp: 'once' | 'skip';
}

/** Credentials that have to be kept apart. */
export interface Group {
  name: string;
  /** Two of its rotations begin at least so far apart. */
  apartMs: number;
  /** So many of them rotate at once at the most. */
  atOnce?: number;
}

const leastEveryMs = 60_000;
const zones = Intl.supportedValuesOf('timeZone');

const timezoneSchema = z.string().superRefine((name, issues) => {
  const problem = timezoneProblem(name);
  if (problem) issues.addIssue({ code: 'custom', message: problem });
});

/** Names are told by case: not every reader of them is as lenient as this one. */
function timezoneProblem(name: string): string | undefined {
  const known = zones.find((zone) => zone.toLowerCase() === name.toLowerCase());
  if (name === 'UTC' || known === name) return undefined;
  const near = known ?? nearest(name, zones);
  const expected = `an IANA time zone such as ${near ?? 'Europe/Berlin'} or UTC`;
  if (known !== undefined || !/^[A-Za-z]+(\/[A-Za-z0-9_+-]+)*$/.test(name)) return expected;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return undefined;
  } catch {
    return expected;
  }
}

const timeSchema = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time from "00:00" to "23:59"');

const windowSchema = z
  .strictObject({
    days: z
      .array(z.enum(weekdays))
      .min(1)
      .refine((days) => new Set(days).size === days.length, 'each day once')
      .default([...weekdays]),
    from: timeSchema,
    to: timeSchema,
    timezone: timezoneSchema.default('UTC'),
  })
  .refine(({ from, to }) => from !== to, { path: ['to'], message: 'another time than `from`' });

const cronSchema = z.string().superRefine((text, issues) => {
  const problem = cronProblem(text);
  if (problem) issues.addIssue({ code: 'custom', message: problem });
});

const cronPart = '(?:\\*|\\d+|[a-z]{3})(?:-(?:\\d+|[a-z]{3}))?(?:/\\d+)?';
const cronField = `${cronPart}(?:,${cronPart})*`;
const cronForm = new RegExp(`^${cronField}(?: ${cronField}){4}$`, 'i');

/** Only what every cron has in common: what Temporal reads must be what was checked here. */
function cronProblem(text: string): string | undefined {
  const expected = 'five cron fields such as `0 3 * * mon`: minute, hour, day of month, month, day of week';
  if (!cronForm.test(text)) return expected;
  try {
    const next = new Cron(text, { paused: true, timezone: 'UTC' }).nextRun(new Date(0));
    return next === null ? 'a day that exists' : undefined;
  } catch {
    return expected;
  }
}

export const scheduleSchema = z
  .strictObject({
    every: span.refine((ms) => ms >= leastEveryMs, 'at least 1m').optional(),
    cron: cronSchema.optional(),
    timezone: timezoneSchema.optional(),
    window: windowSchema.optional(),
    jitter: span.prefault(0),
    catchUp: z.enum(['once', 'skip']).default('once'),
  })
  .refine(({ every, cron }) => (every === undefined) !== (cron === undefined), 'either `every` or `cron`')
  .refine(({ timezone, cron }) => timezone === undefined || cron !== undefined, {
    path: ['timezone'],
    message: 'no `timezone` beside `every`: that of a window stands in the window',
  })
  .transform(
    ({ catchUp, cron, every, jitter, timezone, window }): Schedule => ({
      ...(every !== undefined && { everyMs: every }),
      ...(cron !== undefined && { cron }),
      timezone: timezone ?? window?.timezone ?? 'UTC',
      ...(window && { window }),
      jitterMs: jitter,
      catchUp,
    }),
  );

const dateSchema = z.iso.date('a date such as 2026-12-24');

/** Whole days, both included. */
export const freezeSchema = z
  .strictObject({
    from: dateSchema,
    to: dateSchema,
    timezone: timezoneSchema.default('UTC'),
    reason: z.string().trim().min(1).max(200).optional(),
  })
  .refine(({ from, to }) => from <= to, { path: ['to'], message: 'the same day as `from` or a later one' })
  .transform(
    ({ from, reason, timezone, to }): Freeze => ({ from, to, timezone, ...(reason === undefined ? {} : { reason }) }),
  );

export const groupSchema = z
  .strictObject({
    apart: span.prefault(0),
    atOnce: z.int().min(1).max(10_000).optional(),
  })
  .refine(({ apart, atOnce }) => apart > 0 || atOnce !== undefined, '`apart`, `atOnce` or both');
