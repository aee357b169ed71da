import type { Client } from 'pg';
import { type Context, KeyturnError, type Preparation } from '../../../contract/index.ts';
import { resolveAdmin, withAdmin } from './admin.ts';
import { type Config, serverOf } from './config.ts';
import { rolesScript } from './script.ts';

/** For the script, where the admin's own name cannot be read. */
const adminName = 'keyturn';

interface Found {
  /** Keep it from working. */
  problems: string[];
  /** Do not. */
  remarks: string[];
  /** The admin is a superuser: the script makes another one. */
  tooMighty: boolean;
}

export async function prepare(ctx: Context, config: Config): Promise<Preparation> {
  const { problems, remarks, tooMighty } = await foundNow(ctx, config);
  const { escapeIdentifier, escapeLiteral } = await import('pg');
  const admin = await resolveAdmin(ctx, config).then(
    ({ user }) => (tooMighty ? adminName : user),
    () => adminName,
  );
  const script = rolesScript(config, admin, { name: escapeIdentifier, text: escapeLiteral });
  return { ready: problems.length === 0, problems: [...problems, ...remarks], script };
}

async function foundNow(ctx: Context, config: Config): Promise<Found> {
  try {
    return await withAdmin(ctx, config, async (sql) => {
      const admin = await aboutAdmin(sql);
      const logins = await aboutLogins(sql, config, admin);
      return {
        problems: [
          ...problemsOfAdmin(config, admin),
          ...logins.flatMap((each) => problemsOfLogin(config, each, admin)),
        ],
        remarks: [...remarksOnAdmin(admin), ...logins.flatMap((each) => remarksOnLogin(config, each))],
        tooMighty: admin.super,
      };
    });
  } catch (error) {
    // Without an admin that works there still is a script that makes one.
    if (error instanceof KeyturnError && (error.kind === 'unauthorized' || error.kind === 'invalid')) {
      const fix = `run the SQL below as a superuser, give the admin role a password, and put its URL where \`admin\` says`;
      return { problems: [`${error.message}; ${fix}`], remarks: [], tooMighty: false };
    }
    throw error;
  }
}

interface Admin {
  super: boolean;
  createrole: boolean;
  standby: boolean;
  signals: boolean;
  sees: boolean;
  version: number;
}

async function aboutAdmin(sql: Client): Promise<Admin> {
  const { rows } = await sql.query<Admin>(
    `select rolsuper as super, rolcreaterole as createrole, pg_is_in_recovery() as standby,
            pg_has_role('pg_signal_backend', 'usage') as signals, pg_has_role('pg_read_all_stats', 'usage') as sees,
            current_setting('server_version_num')::int as version
       from pg_roles where rolname = current_user`,
  );
  const [admin] = rows;
  if (!admin) throw new KeyturnError('ambiguous', 'the admin login is not among the roles');
  return admin;
}

function problemsOfAdmin(config: Config, admin: Admin): string[] {
  const problems: string[] = [];
  if (admin.standby) problems.push(`${serverOf(config)} is a standby: name the primary server`);
  if (admin.super) return problems;
  if (!admin.createrole) problems.push('the admin login lacks CREATEROLE: it cannot change a password');
  if (!admin.signals)
    problems.push('the admin login lacks pg_signal_backend: it cannot end the sessions of a removed login');
  return problems;
}

function remarksOnAdmin(admin: Admin): string[] {
  if (admin.super)
    return ['the admin login is a superuser: the SQL below makes one that may do what is needed and no more'];
  return admin.sees ? [] : ['the admin login lacks pg_read_all_stats: who uses a login is told without an address'];
}

interface LoginFacts {
  login: string;
  exists: boolean;
  super: boolean;
  expires: Date | null;
  adminable: boolean;
  connects: boolean;
  /** Null where there is no owner. */
  member: boolean | null;
  settings: string[] | null;
}

/** Before PostgreSQL 16 CREATEROLE alone was enough. */
const adminOptionSince = 160_000;

async function aboutLogins(sql: Client, { logins, owner }: Config, { version }: Admin): Promise<LoginFacts[]> {
  const { rows } = await sql.query<LoginFacts>(
    `select login, r.oid is not null as exists, r.rolsuper as super, r.rolvaliduntil as expires, r.rolconfig as settings,
            $3 or pg_has_role(r.oid, 'member with admin option') as adminable,
            has_database_privilege(r.oid, current_database(), 'connect') as connects,
            (select pg_has_role(r.oid, o.oid, 'usage') from pg_roles o where o.rolname = $2) as member
       from unnest($1::text[]) as login left join pg_roles r on r.rolname = login`,
    [logins, owner ?? null, version < adminOptionSince],
  );
  return rows;
}

function problemsOfLogin({ owner, database }: Config, facts: LoginFacts, admin: Admin): string[] {
  const { login } = facts;
  if (!facts.exists) return [`there is no role ${login}`];
  const problems: string[] = [];
  if (!admin.super && facts.super) problems.push(`${login} is a superuser: only a superuser can change it`);
  if (!admin.super && !facts.adminable) problems.push(`the admin login lacks the ADMIN option on ${login}`);
  if (!facts.connects) problems.push(`${login} may not connect to the database ${database}`);
  if (owner !== undefined && facts.member === null) problems.push(`there is no role ${owner}`);
  if (owner !== undefined && facts.member === false) problems.push(`${login} is not a member of ${owner}`);
  return [...new Set(problems)];
}

function remarksOnLogin({ owner }: Config, { login, exists, expires, settings }: LoginFacts): string[] {
  if (!exists) return [];
  const remarks: string[] = [];
  if (expires !== null) remarks.push(`${login} is VALID UNTIL ${until(expires)}: Keyturn does not move that date`);
  if (owner !== undefined && !settings?.some((setting) => setting === `role=${owner}`)) {
    remarks.push(`what ${login} makes belongs to ${login} alone, not to ${owner}: alter role ... set role to ...`);
  }
  return remarks;
}

/** PostgreSQL's infinity comes as a number. */
function until(expires: Date | number): string {
  return expires instanceof Date ? expires.toISOString() : String(expires);
}
