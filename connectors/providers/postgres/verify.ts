import { type Context, KeyturnError, type KeyValue, Secret, type Verdict } from '../../../contract/index.ts';
import { stateOf } from '../../postgres/classify.ts';
import { type Login, withClient } from './client.ts';
import { type Config, isInPlace, serverOf } from './config.ts';

/** The login of a value, if it is one of ours. A `raw` target holds the password alone, which is enough for a single login. */
export function loginIn(config: Config, { user, password }: KeyValue): Login | undefined {
  const name = user?.reveal() ?? (isInPlace(config) ? config.logins[0] : undefined);
  if (name === undefined || !config.logins.includes(name) || !password?.reveal()) return undefined;
  return { user: name, password: new Secret(password.reveal()) };
}

/** @throws KeyturnError `invalid`. */
export function ownLoginIn(config: Config, value: KeyValue): Login {
  const login = loginIn(config, value);
  if (login) return login;
  const names = config.logins.join(' or ');
  throw new KeyturnError('invalid', `the value is not a password of ${names} at ${serverOf(config)}`, {
    fix: 'Check the `value` of the target: a URL, or fields `user` and `password`.',
  });
}

/** Logs in, which is the only way to know. @throws whatever is not an answer about the password or the login right. */
export async function verify(ctx: Context, config: Config, value: KeyValue): Promise<Verdict> {
  const login = ownLoginIn(config, value);
  try {
    await withClient(ctx, config, login, (sql) => sql.query('select 1'));
    return { verdict: 'accepted' };
  } catch (error) {
    return { verdict: 'refused', answer: refusal(config, login, error) };
  }
}

/**
 * 28P01 is a wrong password, and for SCRAM an unknown role or none set; 28000 a role without the login right. pg_hba.conf answers 28000
 * as well when it does not let this host in at all, which says nothing about the key: the server's own routine tells the two apart
 * (src/backend/libpq/auth.c and src/backend/utils/init/miscinit.c of PostgreSQL).
 */
function refusal(config: Config, { user }: Login, error: unknown): string {
  const { sqlstate, routine } = stateOf(error) ?? {};
  if (sqlstate === '28P01') return sqlstate;
  if (sqlstate !== '28000') throw error;
  if (routine === undefined || routine === 'InitializeSessionUserId') return sqlstate;
  throw new KeyturnError('invalid', `${serverOf(config)} lets nobody log in as ${user} from this host (28000)`, {
    fix: `Add a line to pg_hba.conf that lets ${user} into ${config.database} with scram-sha-256 from here.`,
    cause: error,
  });
}
