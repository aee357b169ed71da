import type { Instant, KeyId } from '../../../contract/index.ts';

/**
 * What the comment on a login says about the key that it holds. PostgreSQL tells nobody which password a role has, so this is written in
 * the same transaction as the password. Whatever a person wrote in the comment stays in front of it.
 */
export type Marker =
  | { kind: 'none' }
  | { kind: 'key'; keyId: KeyId; madeAt?: Instant }
  /** `after` tells one emptiness from the next, so that a late attempt of an earlier rotation is refused. */
  | { kind: 'empty'; after?: KeyId };

const pattern = /(?:^|\s)keyturn (?:key=(\S+)(?: made=(\S+))?|empty(?: after=(\S+))?)$/;

export function readComment(comment: string): { note: string; marker: Marker } {
  const found = pattern.exec(comment);
  if (!found) return { note: comment, marker: { kind: 'none' } };
  const [, keyId, madeAt, after] = found;
  const note = comment.slice(0, found.index);
  if (keyId === undefined) return { note, marker: { kind: 'empty', ...(after === undefined ? {} : { after }) } };
  return { note, marker: { kind: 'key', keyId, ...(madeAt === undefined ? {} : { madeAt }) } };
}

export function writeComment(note: string, marker: Marker): string {
  return [note, markerText(marker)].filter((part) => part !== '').join('\n');
}

export function markerText(marker: Marker): string {
  if (marker.kind === 'none') return '';
  if (marker.kind === 'empty') return `keyturn empty${marker.after === undefined ? '' : ` after=${marker.after}`}`;
  return `keyturn key=${marker.keyId}${marker.madeAt === undefined ? '' : ` made=${marker.madeAt}`}`;
}
