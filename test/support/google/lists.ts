import type { SecretRecord, VersionRecord } from './records.ts';
import { invalidArgument } from './status.ts';

const pageSizeMax = 25_000;

/** One page of a list; the token is the place where the next one begins. */
export function page<Item>(
  items: readonly Item[],
  request: { pageSize: number; pageToken: string },
): { items: Item[]; nextPageToken: string; totalSize: number } {
  if (request.pageSize < 0) throw invalidArgument('page_size must not be negative.');
  const from = request.pageToken === '' ? 0 : Number.parseInt(request.pageToken, 36);
  if (!Number.isInteger(from)) throw invalidArgument('The page token is not valid.');
  const to = from + Math.min(request.pageSize || pageSizeMax, pageSizeMax);
  return {
    items: items.slice(from, to),
    nextPageToken: to < items.length ? to.toString(36) : '',
    totalSize: items.length,
  };
}

/** `name:TEXT` only (https://cloud.google.com/secret-manager/docs/filtering knows more). */
export function secretFilter(filter: string): (secret: SecretRecord) => boolean {
  if (filter === '') return () => true;
  const text = filter.match(/^name:(\S+)$/)?.[1];
  if (!text) throw invalidArgument(`The filter ${filter} is not one that this double knows.`);
  return (secret) => secret.name.includes(text);
}

/** `state:ENABLED`, or `state:(ENABLED OR DISABLED)`. */
export function versionFilter(filter: string): (version: VersionRecord) => boolean {
  if (filter === '') return () => true;
  const states = filter.match(/^state[:=]\(?(\w+(?: OR \w+)*)\)?$/)?.[1]?.split(' OR ');
  if (!states) throw invalidArgument(`The filter ${filter} is not one that this double knows.`);
  return (version) => states.includes(version.state);
}
