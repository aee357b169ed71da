import { DateTime } from 'luxon';
import { type Calendar, type Freeze, type Window, weekdays } from '../contract/index.ts';

/** From `fromMs` on, and before `untilMs`; in epoch milliseconds. */
export interface Opening {
  fromMs: number;
  untilMs: number;
}

/** Nobody plans further ahead. */
const horizonDays = 3 * 366;
const horizonMs = horizonDays * 86_400_000;

/**
 * The next time from `atMs` on that is open for at least `neededMs`: it begins at `atMs` where that is one.
 * A time that the clocks skip is the first one after it; one that they show twice is the first of both.
 * @returns undefined where there is none within three years.
 */
export function nextOpening(calendar: Calendar, atMs: number, neededMs = 0): Opening | undefined {
  for (const { fromMs, untilMs } of openings(calendar, atMs)) {
    const beginsMs = Math.max(atMs, fromMs);
    if (beginsMs > atMs + horizonMs) return undefined;
    if (untilMs - beginsMs >= Math.max(neededMs, 1)) return { fromMs: beginsMs, untilMs };
  }
  return undefined;
}

/** Every time that is open, in order, from the one in which `atMs` lies. */
function* openings({ freezes, window }: Calendar, atMs: number): Generator<Opening> {
  const frozen = freezes.map(frozenIn).toSorted((a, b) => a.fromMs - b.fromMs);
  for (const open of window ? daysOf(window, atMs) : [{ fromMs: atMs, untilMs: Number.POSITIVE_INFINITY }]) {
    for (const left of without(open, frozen)) if (left.untilMs > atMs) yield left;
  }
}

function* daysOf({ days, from, timezone, to }: Window, atMs: number): Generator<Opening> {
  const first = DateTime.fromMillis(atMs, { zone: timezone }).startOf('day').minus({ days: 1 });
  for (let count = 0; count < horizonDays; count += 1) {
    const day = first.plus({ days: count });
    if (!days.some((name) => weekdays.indexOf(name) === day.weekday - 1)) continue;
    const last = to > from ? day : day.plus({ days: 1 });
    const opening = { fromMs: timeOf(day, from), untilMs: timeOf(last, to) };
    if (opening.untilMs > opening.fromMs) yield opening;
  }
}

function timeOf(day: DateTime, time: string): number {
  const [hour, minute] = time.split(':').map(Number);
  return day.set({ hour: hour ?? 0, minute: minute ?? 0 }).toMillis();
}

function frozenIn({ from, timezone, to }: Freeze): Opening {
  const [first, last] = [from, to].map((date) => DateTime.fromISO(date, { zone: timezone }).startOf('day'));
  return { fromMs: first?.toMillis() ?? 0, untilMs: last?.plus({ days: 1 }).toMillis() ?? 0 };
}

/** What is left of a time when others, in order of their beginning, are taken out of it. */
function without(open: Opening, taken: readonly Opening[]): Opening[] {
  const left: Opening[] = [];
  let fromMs = open.fromMs;
  for (const { fromMs: takenMs, untilMs } of taken) {
    if (untilMs <= fromMs || takenMs >= open.untilMs) continue;
    if (takenMs > fromMs) left.push({ fromMs, untilMs: takenMs });
    fromMs = untilMs;
  }
  return fromMs < open.untilMs ? [...left, { fromMs, untilMs: open.untilMs }] : left;
}
