import { type Context, type Key, KeyturnError, type NewKey, Secret, type Standing } from '../../../contract/index.ts';
import { inTransaction } from './admin.ts';
import { type Config, isInPlace, serverOf } from './config.ts';
import { listKeys } from './keys.ts';
import { isEmpty, keyIdOf, noRole, ownLogin, readPlaces } from './place.ts';

/** Needs no escaping in a URL, a shell, SQL or YAML; 40 of them are 238 bits. */
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const length = 40;
const drawsMax = 100;

/** @throws KeyturnError `limit` when the idle login holds a key, `not-found` when it does not exist. */
export async function choose(ctx: Context, config: Config, standing: Standing): Promise<NewKey> {
  const password = new Secret(newPassword(ctx));
  const held = ownLogin(config, standing.held);
  const login = config.logins.find((each) => each !== held) ?? held;
  const place = isInPlace(config) ? {} : { etag: await idleEtag(ctx, config, login, standing) };
  return {
    key: { id: keyIdOf(login, await ctx.fingerprint(password)), state: 'active', ...place },
    value: { user: new Secret(login), password },
  };
}

/** Uniform: bytes past the last whole multiple of the alphabet's size would favour its first characters. */
export function newPassword(ctx: Pick<Context, 'random'>): string {
  const limit = 256 - (256 % alphabet.length);
  let password = '';
  for (let draw = 0; password.length < length; draw++) {
    if (draw === drawsMax) throw new KeyturnError('invalid', 'the source of randomness gives only unusable bytes');
    for (const byte of ctx.random(length - password.length)) {
      if (byte < limit) password += alphabet[byte % alphabet.length];
    }
  }
  return password;
}

function idleEtag(ctx: Context, config: Config, login: string, standing: Standing): Promise<string> {
  return inTransaction(ctx, config, async (sql) => {
    const [place] = await readPlaces(sql, [login]);
    if (!place) throw noRole(config, login);
    if (isEmpty(place)) return place.etag;
    throw noPlace(config, login, await listKeys(ctx, sql, config, [standing.held]));
  });
}

function noPlace(config: Config, login: string, keys: readonly Key[]): KeyturnError {
  const shown = keys.map(inWords).join('; ');
  const idle = keys.find((key) => key.id.startsWith(`${login}/`));
  return new KeyturnError('limit', `both logins of ${serverOf(config)} hold a key: ${shown}`, {
    fix: `Find out who uses ${login}; then name its key in the request, as \`replace: ${idle?.id}\`. Keyturn never picks one by itself.`,
  });
}

function inWords({ id, state, createdAt, lastUse }: Key): string {
  const used = typeof lastUse === 'object' ? `in use at ${lastUse.at} by ${lastUse.by}` : 'nobody connected now';
  return `${id} (${state}, made ${createdAt ?? 'at an unknown time'}, ${used})`;
}
