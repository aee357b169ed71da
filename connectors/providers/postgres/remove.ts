import type { Client } from 'pg';
import { type Context, type Key, KeyturnError } from '../../../contract/index.ts';
import { inTransaction, withAdmin } from './admin.ts';
import { type Config, serverOf } from './config.ts';
import { holds, isEmpty, lockPlace, ownLogin, type Place, readPlaces, writeMarker } from './place.ts';

const looksMax = 20;
const waitMs = 100;

/**
 * No login right, no password, and no session: the role itself stays, with what it owns and may do. When another key stands in its place
 * by now, that is left alone.
 */
export async function remove(ctx: Context, config: Config, key: Key): Promise<void> {
  const login = ownLogin(config, key.id);
  const isGone = await inTransaction(ctx, config, async (sql) => {
    const [known] = await readPlaces(sql, [login]);
    return known !== undefined && empty(sql, await lockPlace(sql, config, login), key);
  });
  // After the commit: until then whoever is thrown out could log in again.
  if (isGone) await withAdmin(ctx, config, (sql) => endSessions(ctx, sql, config, login));
}

/** @returns whether this key, and no other, was the last in the place. */
async function empty(sql: Client, place: Place, key: Key): Promise<boolean> {
  if (holds(place, key)) {
    await sql.query(`alter role ${sql.escapeIdentifier(place.login)} nologin password null`);
    await writeMarker(sql, place, { kind: 'empty', after: key.id });
    return true;
  }
  if (!isEmpty(place)) return false;
  if (place.marker.kind === 'empty' && place.marker.after === key.id) return true;
  // It was never set here. From now on it never will be: a late attempt finds another emptiness than it expects.
  await writeMarker(sql, place, { kind: 'empty', after: key.id });
  return false;
}

async function endSessions(ctx: Context, sql: Client, config: Config, login: string): Promise<void> {
  for (let look = 0; look < looksMax; look++) {
    const { rowCount } = await sql.query('select pg_terminate_backend(pid) from pg_stat_activity where usename = $1', [
      login,
    ]);
    if (rowCount === 0) return;
    ctx.heartbeat(`ending ${rowCount} sessions of ${login}`);
    await ctx.sleep(waitMs);
  }
  throw new KeyturnError('transient', `${serverOf(config)}: sessions of ${login} do not end`);
}
