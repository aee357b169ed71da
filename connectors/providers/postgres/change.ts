import type { Client } from 'pg';
import { type Context, type Key, KeyturnError, type NewKey } from '../../../contract/index.ts';
import { inTransaction } from './admin.ts';
import { type Config, serverOf } from './config.ts';
import type { Marker } from './marker.ts';
import { etagOf, holds, isEmpty, lockPlace, ownLogin, type Place, writeMarker } from './place.ts';
import { scramVerifier } from './scram.ts';

/**
 * Password, login right and marker in one transaction. When its reply was lost, the marker names this key, and the same is set again,
 * so that all of it stands. @throws KeyturnError `conflict` when the login holds anything else than it was read to hold.
 */
export async function apply(ctx: Context, config: Config, chosen: NewKey, expected: Key | undefined): Promise<Key> {
  const { key, value } = chosen;
  const login = ownLogin(config, key.id);
  const { password } = value;
  if (!password?.reveal()) throw new KeyturnError('invalid', `the chosen value of ${key.id} has no password`);
  const verifier = await scramVerifier(ctx, password);
  return inTransaction(ctx, config, async (sql) => {
    const place = await lockPlace(sql, config, login);
    if (!isNamed(place, key) && !isExpected(place, chosen, expected)) throw conflict(config, place, key);
    await checkOwner(sql, config, login);
    const marker = isNamed(place, key) ? place.marker : newMarker(ctx, key);
    await sql.query(`alter role ${sql.escapeIdentifier(login)} login password ${sql.escapeLiteral(verifier)}`);
    await writeMarker(sql, place, marker);
    return keyWith(key, marker);
  });
}

function newMarker(ctx: Context, { id }: Key): Marker {
  return { kind: 'key', keyId: id, madeAt: new Date(ctx.now()).toISOString() };
}

function keyWith({ id }: Key, marker: Marker): Key {
  const madeAt = marker.kind === 'key' ? marker.madeAt : undefined;
  return {
    id,
    state: 'active',
    ...(madeAt === undefined ? {} : { createdAt: madeAt }),
    etag: etagOf(true, marker),
  };
}

function isNamed({ marker }: Place, { id }: Key): boolean {
  return marker.kind === 'key' && marker.keyId === id;
}

/** Without a key that was expected there, the login must be as empty as it was when the value was chosen for it. */
function isExpected(place: Place, chosen: NewKey, expected: Key | undefined): boolean {
  if (expected) return holds(place, expected) && (expected.etag === undefined || expected.etag === place.etag);
  return isEmpty(place) && (chosen.key.etag === undefined || chosen.key.etag === place.etag);
}

/** A login without its grants logs in all the same. */
async function checkOwner(sql: Client, { owner }: Config, login: string): Promise<void> {
  if (owner === undefined) return;
  const { rows } = await sql.query<{ member: boolean }>(`select pg_has_role($1, $2, 'usage') as member`, [
    login,
    owner,
  ]);
  if (rows[0]?.member) return;
  throw new KeyturnError('invalid', `the login ${login} is not a member of ${owner}: it would lack its grants`, {
    fix: `As a superuser or an admin of ${owner}: grant ${sql.escapeIdentifier(owner)} to ${sql.escapeIdentifier(login)};`,
  });
}

/** Takes the login right away. Sessions that stand go on. @throws KeyturnError `not-found`, `conflict`. */
export function disable(ctx: Context, config: Config, key: Key): Promise<void> {
  return setLoginRight(ctx, config, key, 'nologin');
}

/** Gives the login right back. @throws KeyturnError `not-found`, `conflict`. */
export function enable(ctx: Context, config: Config, key: Key): Promise<void> {
  return setLoginRight(ctx, config, key, 'login');
}

function setLoginRight(ctx: Context, config: Config, key: Key, right: 'login' | 'nologin'): Promise<void> {
  const login = ownLogin(config, key.id);
  return inTransaction(ctx, config, async (sql) => {
    const place = await lockPlace(sql, config, login);
    if (isEmpty(place)) throw new KeyturnError('not-found', `${serverOf(config)}: the login ${login} holds no key`);
    if (!holds(place, key)) throw conflict(config, place, key);
    await sql.query(`alter role ${sql.escapeIdentifier(login)} ${right}`);
    // A key that was known by its value alone would have no name once nobody can log in with it.
    if (!isNamed(place, key)) await writeMarker(sql, place, { kind: 'key', keyId: key.id });
  });
}

export function conflict(config: Config, place: Place, key: Key): KeyturnError {
  return new KeyturnError(
    'conflict',
    `${serverOf(config)}: somebody else has changed the login ${place.login}: it is '${place.etag}', which is not what was read for ${key.id}`,
    { fix: 'Find out who changed it and which value it has now, then rotate again.' },
  );
}
