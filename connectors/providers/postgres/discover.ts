import type { Context, Discovered, Discovery } from '../../../contract/index.ts';
import { nameOf } from '../../references.ts';
import { resolveAdmin, withAdmin } from './admin.ts';
import { ownName, statementMs } from './client.ts';
import { type Config, serverOf } from './config.ts';

export const pageSize = 100;

/** Roles are the server's and not a database's. */
export function source(config: Config): string {
  return `${serverOf(config)}, with ${nameOf(config.admin)}`;
}

interface Role {
  login: string;
  superuser: boolean;
  until: Date | null;
  sessions: string | null;
}

/**
 * Every role that may log in. Which password it has and when it was set nobody can ask. `pg_roles` and, of `pg_stat_activity`, names of
 * logins and applications are there for everybody to read.
 */
export async function* discover(ctx: Context, config: Config): Discovery {
  const { user: admin } = await resolveAdmin(ctx, config);
  let last = '';
  for (;;) {
    const roles = await withAdmin(ctx, config, async (sql) => {
      await sql.query(`set statement_timeout = ${statementMs}`);
      return (await sql.query<Role>(rolesAfter, [last, pageSize, ownName])).rows;
    });
    yield roles.map((role) => discovered(ctx, config, role, admin));
    if (roles.length < pageSize) return;
    last = roles.at(-1)?.login ?? '';
  }
}

const rolesAfter = `
  select rolname as login, rolsuper as superuser, nullif(rolvaliduntil, 'infinity') as until,
         (select string_agg(distinct coalesce(nullif(application_name, ''), 'an application without a name'), ', ')
            from pg_stat_activity where usename = rolname and application_name is distinct from $3) as sessions
    from pg_roles where rolcanlogin and rolname > $1 order by rolname limit $2`;

function discovered(ctx: Context, config: Config, role: Role, admin: string): Discovered {
  const { login, sessions, superuser, until } = role;
  const { host, port } = config;
  const notes = [
    ...(login === admin ? ["Keyturn's own admin login"] : []),
    ...(superuser ? ['a superuser'] : []),
    ...(until ? [`valid until ${until.toISOString()}`] : []),
  ];
  return {
    name: login,
    named: { anywhere: [principalOf(config, login)] },
    // A session that stands is a use now; of one that is over PostgreSQL tells nothing.
    lastUse: sessions === null ? 'unknown' : { at: new Date(ctx.now()).toISOString(), by: sessions },
    notes,
    declares: { type: 'postgres', host, port, database: config.database, admin: config.admin, login, tls: config.tls },
  };
}

export function principalOf({ host, port }: Pick<Config, 'host' | 'port'>, login: string): string {
  return `postgres ${host.toLowerCase()}:${port} ${login}`;
}
