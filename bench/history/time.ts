import type { Event } from '../../client/event.ts';

/** In ms since 1970, with what of a millisecond the engine tells. */
export function msOf({ eventTime }: Pick<Event, 'eventTime'>): number {
  return Number(eventTime?.seconds ?? Number.NaN) * 1_000 + (eventTime?.nanos ?? 0) / 1_000_000;
}
