import type { Catalog } from '../catalog/index.ts';
import type { Connected } from '../client/connect.ts';
import type { LookoutChange } from '../client/lookout-schedule.ts';
import type { Watched } from '../contract/index.ts';
import type { Output } from './output.ts';
import { signOf } from './schedules.ts';
import { count } from './words.ts';

/** What is watched for its age beside what the catalog wants watched: all that has a `maxAge`, where it says how people are told. */
export async function lookoutChangeOf({ client }: Connected, catalog: Catalog): Promise<LookoutChange | undefined> {
  const { compareLookout } = await import('../client/lookout-schedule.ts');
  return compareLookout(client, watchedIn(catalog));
}

function watchedIn({ credentials }: Catalog): Watched[] {
  return [...credentials.values()].flatMap(({ id, maxAgeMs, notify, site }) =>
    maxAgeMs === undefined || !notify ? [] : [{ id, maxAgeMs, notify, ...(site !== undefined && { site }) }],
  );
}

/** For people: `+ create    the lookout: watches the age of 3 credentials`. */
export function lookoutLine(out: Output, { action, differences, left, watched }: LookoutChange): string {
  const more = left.length === 0 ? [] : [`no longer declared: ${left.map(({ id }) => id).join(', ')}`];
  const what = action === 'create' ? [`watches the age of ${count(watched.length, 'credential')}`] : differences;
  const words = [...what, ...more].join('; ');
  return `${signOf(out, action)} the lookout${words === '' ? '' : `: ${words}`}`;
}

/** For programs. */
export function lookoutData(change: LookoutChange | undefined): object | null {
  if (!change) return null;
  const { action, differences, left, watched } = change;
  return { action, differences, watched: watched.map(({ id }) => id), left: left.map(({ id }) => id) };
}
