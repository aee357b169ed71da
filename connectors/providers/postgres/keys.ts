import type { Client } from 'pg';
import type { Context, Key, KeyId } from '../../../contract/index.ts';
import { inTransaction } from './admin.ts';
import { ownName } from './client.ts';
import { type Config, isInPlace } from './config.ts';
import { isEmpty, keyIdOf, loginOf, type Place, readPlaces } from './place.ts';

/**
 * Every login that holds a key. `held` names the key of a login that can log in, where it has no marker or an old one: its value was just
 * accepted, which says more than a comment.
 */
export function inventory(ctx: Context, config: Config, held: readonly KeyId[]): Promise<Key[]> {
  return inTransaction(ctx, config, (sql) => listKeys(ctx, sql, config, held));
}

export async function listKeys(ctx: Context, sql: Client, config: Config, held: readonly KeyId[]): Promise<Key[]> {
  const places = (await readPlaces(sql, config.logins)).filter((place) => !isEmpty(place));
  const uses = isInPlace(config) ? new Map<string, string>() : await usesNow(sql, config.logins);
  return places.map((place) => keyIn(place, held, useOf(ctx, uses.get(place.login))));
}

function keyIn(place: Place, held: readonly KeyId[], lastUse: NonNullable<Key['lastUse']>): Key {
  const { marker, canLogin, etag } = place;
  const id = nameOfKey(place, held);
  const madeAt = marker.kind === 'key' && marker.keyId === id ? marker.madeAt : undefined;
  return {
    id,
    state: canLogin ? 'active' : 'disabled',
    ...(madeAt === undefined ? {} : { createdAt: madeAt }),
    lastUse,
    etag,
  };
}

function nameOfKey({ login, canLogin, marker }: Place, held: readonly KeyId[]): KeyId {
  const marked = marker.kind === 'key' ? marker.keyId : undefined;
  const accepted = canLogin ? held.filter((id) => loginOf(id) === login) : [];
  if (marked !== undefined && (accepted.length === 0 || accepted.includes(marked))) return marked;
  return accepted[0] ?? keyIdOf(login, 'unmarked');
}

/**
 * Who has a session as which login, our own apart. Names of logins and applications are visible to everybody, addresses only with
 * pg_read_all_stats (https://www.postgresql.org/docs/17/monitoring-stats.html).
 */
async function usesNow(sql: Client, logins: readonly string[]): Promise<Map<string, string>> {
  const { rows } = await sql.query<{ login: string; by: string }>(
    `select usename as login,
            string_agg(distinct coalesce(nullif(application_name, ''), 'an application without a name')
              || coalesce(' at ' || host(client_addr), ''), ', ') as by
       from pg_stat_activity
      where usename = any ($1) and application_name is distinct from $2
      group by usename`,
    [logins, ownName],
  );
  return new Map(rows.map(({ login, by }) => [login, by]));
}

/** A session that stands is a use now, by our own clock: the server's may differ, and this is compared with times of ours. */
function useOf(ctx: Context, by: string | undefined): NonNullable<Key['lastUse']> {
  return by === undefined ? 'unknown' : { at: new Date(ctx.now()).toISOString(), by };
}
