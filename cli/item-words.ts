import type { Overview } from '../client/overview.ts';
import type { Item } from './inventory.ts';
import { duration, moment } from './words.ts';

/** When it was last rotated, how old its value is, what was promised and when it is due: one text for each. */
export interface ItemWords {
  rotated: string;
  age: string;
  maxAge: string;
  next: string;
}

export function itemWords({ ageMs, credential, due, overview, rotated }: Item): ItemWords {
  const { maxAgeMs } = credential;
  return {
    rotated: typeof rotated === 'string' ? rotated : moment(rotated.at),
    age: ageMs === undefined ? '-' : duration(ageMs),
    maxAge: maxAgeMs === undefined ? '-' : [duration(maxAgeMs), due ?? 'unknown'].join(' '),
    next: overview ? nextWords(overview) : 'unknown',
  };
}

function nextWords({ phase, schedule }: Overview): string {
  if (!schedule) return 'not scheduled';
  const { nextAt, note, paused, running } = schedule;
  // `keyturn pause` says so in its note.
  if (paused) return note?.startsWith('paused') ? note : ['paused', ...(note === undefined ? [] : [note])].join(': ');
  if (running && !phase) return 'now: waits to begin';
  return nextAt === undefined ? 'never' : moment(nextAt);
}

/** For `--json`: who is responsible for it, and how old it is. */
export function itemData({ ageMs, credential, due, overview, rotated }: Item) {
  const { approval, id, maxAgeMs, owner, provider, tags = [], tier } = credential;
  const { schedule } = overview ?? {};
  return {
    id,
    owner,
    tier,
    approval: approval ?? null,
    tags,
    provider: provider.type,
    lastRotatedAt: typeof rotated === 'string' ? null : rotated.at,
    ageMs: ageMs ?? null,
    maxAgeMs: maxAgeMs ?? null,
    due: due ?? null,
    schedule: schedule ? { ...schedule, nextAt: schedule.nextAt ?? null, note: schedule.note ?? null } : null,
  };
}
