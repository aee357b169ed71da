import type { Client } from 'pg';
import { type Key, type KeyId, KeyturnError } from '../../../contract/index.ts';
import { type Config, serverOf } from './config.ts';
import { type Marker, markerText, readComment, writeComment } from './marker.ts';

/** A login as a place for a key: it holds one or none. */
export interface Place {
  login: string;
  canLogin: boolean;
  /** What people wrote in the role's comment. */
  note: string;
  marker: Marker;
  /** All of it as one text: the same exactly if nobody changed the place. */
  etag: string;
}

/** Only those that exist, in the order of `logins`. */
export async function readPlaces(sql: Client, logins: readonly string[]): Promise<Place[]> {
  const { rows } = await sql.query<{ login: string; can_login: boolean; comment: string | null }>(
    `select rolname as login, rolcanlogin as can_login, shobj_description(oid, 'pg_authid') as comment
       from pg_roles where rolname = any ($1)`,
    [logins],
  );
  const places = new Map(rows.map((row) => [row.login, placeOf(row.login, row.can_login, row.comment ?? '')]));
  return logins.flatMap((login) => places.get(login) ?? []);
}

export function placeOf(login: string, canLogin: boolean, comment: string): Place {
  const { note, marker } = readComment(comment);
  return { login, canLogin, note, marker, etag: etagOf(canLogin, marker) };
}

export function etagOf(canLogin: boolean, marker: Marker): string {
  return `${canLogin ? 'login' : 'nologin'}; ${marker.kind === 'none' ? 'unmarked' : markerText(marker)}`;
}

/**
 * The place, nobody else's until the transaction ends.
 * @throws KeyturnError `not-found` where there is no such role.
 */
export async function lockPlace(sql: Client, config: Config, login: string): Promise<Place> {
  await sql.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`keyturn ${login}`]);
  const [place] = await readPlaces(sql, [login]);
  if (place) return place;
  throw noRole(config, login);
}

export function noRole(config: Config, login: string): KeyturnError {
  return new KeyturnError('not-found', `${serverOf(config)} has no role ${login}`, {
    fix: '`keyturn check` prints the SQL that makes it.',
  });
}

export async function writeMarker(sql: Client, place: Place, marker: Marker): Promise<void> {
  const comment = writeComment(place.note, marker);
  await sql.query(`comment on role ${sql.escapeIdentifier(place.login)} is ${sql.escapeLiteral(comment)}`);
}

/** A login right without a marker is a key that somebody else made. */
export function isEmpty({ canLogin, marker }: Place): boolean {
  return !canLogin && marker.kind !== 'key';
}

/** Is it this key that the place holds? By the marker, or, for a key that has none, because nothing changed since it was read. */
export function holds(place: Place, key: Key): boolean {
  if (isEmpty(place)) return false;
  if (place.marker.kind === 'key' && place.marker.keyId === key.id) return true;
  return key.etag === place.etag;
}

export function keyIdOf(login: string, generation: string): KeyId {
  return `${login}/${generation}`;
}

export function loginOf(keyId: KeyId): string {
  return keyId.slice(0, keyId.lastIndexOf('/'));
}

/** @throws KeyturnError `invalid` for a key of another principal. */
export function ownLogin(config: Config, keyId: KeyId): string {
  const login = loginOf(keyId);
  if (config.logins.includes(login)) return login;
  throw new KeyturnError('invalid', `${keyId} is not a key of ${config.logins.join(' or ')} at ${serverOf(config)}`, {
    fix: 'Check the provider of this credential: its logins may have been changed.',
  });
}
