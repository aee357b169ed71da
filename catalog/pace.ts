import { Cron } from 'croner';
import { nextOpening } from '../calendar/openings.ts';
import { changesMs, durationText } from '../contract/index.ts';
import type { Finding } from './problem.ts';
import type { Draft } from './read-credential.ts';
import type { Schedule } from './schedule.ts';

/** What of a credential's times is allowed, and cannot be kept: how often it is due, how old it may get, when it may be changed. */
export function warnAboutPace({ credential, path }: Draft, nowMs = Date.now()): Finding[] {
  const { calendar, graceMs, maxAgeMs = Number.POSITIVE_INFINITY, schedule, soakMs } = credential;
  const pace = schedule && paceOf(schedule, nowMs);
  const warnings: Finding[] = [];
  const warn = (field: string[], says: string, fix: string) => {
    warnings.push({ path: [...path, ...field], at: 'value', says, found: says, expected: fix, fix });
  };
  if (pace && pace.leastMs <= graceMs + soakMs) {
    const says = 'a rotation takes longer than the time between two';
    warn(['schedule'], says, 'shorten grace or soak, or rotate less often');
  }
  if (pace && pace.mostMs > maxAgeMs) {
    const says = `between two rotations its value gets older than this: up to ${words(pace.mostMs)}`;
    warn(['maxAge'], says, 'rotate more often, or promise less');
  }
  if (schedule?.everyMs !== undefined && schedule.jitterMs >= schedule.everyMs) {
    const says = 'it begins later by as much as lies between two rotations, or more';
    warn(['schedule', 'jitter'], says, 'make it shorter than `every`');
  }
  const fromMs = calendar && nextOpening(calendar, nowMs, changesMs(credential))?.fromMs;
  const closedMs = (fromMs ?? nowMs) - nowMs;
  if (fromMs !== undefined && closedMs > Math.min(maxAgeMs, pace?.mostMs ?? Number.POSITIVE_INFINITY)) {
    const date = new Date(fromMs).toISOString().slice(0, 10);
    const says = `its window and freezes leave no time for a rotation before ${date}: longer than it is to wait for one`;
    warn(calendar?.window ? ['schedule', 'window'] : [], says, 'open the window wider, or shorten the freezes');
  }
  return warnings;
}

interface Pace {
  leastMs: number;
  mostMs: number;
}

/** Of what comes daily three months, of what comes monthly some years. */
const firesMax = 100;
/** A thousand credentials may be due by the same one. */
const known = new Map<string, Pace>();

/** How long lies between two times at which it is due. */
function paceOf({ cron, everyMs, timezone }: Schedule, nowMs: number): Pace {
  if (everyMs !== undefined || cron === undefined) return { leastMs: everyMs ?? 0, mostMs: everyMs ?? 0 };
  const name = `${cron} ${timezone}`;
  const pace = known.get(name) ?? cronPace(cron, timezone, nowMs);
  known.set(name, pace);
  return pace;
}

function cronPace(cron: string, timezone: string, nowMs: number): Pace {
  const fires = new Cron(cron, { paused: true, timezone }).nextRuns(firesMax, new Date(nowMs));
  const gaps = fires.slice(1).map((fire, index) => fire.getTime() - (fires[index]?.getTime() ?? 0));
  return { leastMs: Math.min(...gaps), mostMs: Math.max(...gaps) };
}

/** In days where it is one and more. */
function words(ms: number): string {
  const dayMs = 86_400_000;
  return durationText(ms < dayMs ? ms : Math.ceil(ms / dayMs) * dayMs);
}
