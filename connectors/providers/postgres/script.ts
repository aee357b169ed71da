import type { Config } from './config.ts';

/** How the client library writes a name and a text into SQL. */
export interface Quoting {
  name(role: string): string;
  text(value: string): string;
}

/**
 * The SQL that makes the roles and gives the admin what it needs and no more. Runs again without harm: what is there stays. The grants
 * to the admin are in the words of PostgreSQL 16, which first told ADMIN, INHERIT and SET apart
 * (https://www.postgresql.org/docs/17/sql-grant.html).
 */
export function rolesScript(config: Config, admin: string, quoting: Quoting): string {
  const parts = [
    '-- As a superuser of PostgreSQL 16 or newer. May be run again: roles that exist are left as they are.',
    ...(config.owner === undefined ? [] : [ownerPart(config.owner, quoting)]),
    loginsPart(config, quoting),
    adminPart(config, admin, quoting),
  ];
  return `${parts.join('\n\n')}\n`;
}

function ownerPart(owner: string, quoting: Quoting): string {
  return [
    '-- The owner has the grants and owns the tables; nobody logs in as it.',
    createRole(owner, 'nologin', quoting),
  ].join('\n');
}

function loginsPart({ logins, owner, database }: Config, quoting: Quoting): string {
  return [
    '-- The logins. Keyturn gives the login right together with a password.',
    ...logins.map((login) => createRole(login, 'nologin inherit', quoting)),
    ...logins.map((login) => `grant connect on database ${quoting.name(database)} to ${quoting.name(login)};`),
    ...(owner === undefined ? [] : logins.flatMap((login) => ownedLogin(login, owner, quoting))),
    ...(owner === undefined ? [] : [takeOver(logins, owner, quoting)]),
  ].join('\n');
}

/** Both logins act as the owner, so that what one of them makes belongs to both. */
function ownedLogin(login: string, owner: string, { name, text }: Quoting): string[] {
  return [
    `grant ${name(owner)} to ${name(login)} with inherit true, set true;`,
    `alter role ${name(login)} set role to ${text(owner)};`,
  ];
}

function takeOver(logins: readonly string[], owner: string, { name }: Quoting): string {
  return [
    '-- If a login owns tables already, run this too, in each database, before the application connects again:',
    `--   reassign owned by ${logins.map(name).join(', ')} to ${name(owner)};`,
  ].join('\n');
}

function adminPart({ logins }: Config, admin: string, quoting: Quoting): string {
  const { name } = quoting;
  return [
    '-- The admin changes these logins, ends sessions and sees who has one; their rights it has none of.',
    createRole(admin, 'login createrole', quoting),
    `alter role ${name(admin)} createrole;`,
    `grant ${logins.map(name).join(', ')} to ${name(admin)} with admin true, inherit false, set false;`,
    `grant pg_signal_backend, pg_read_all_stats to ${name(admin)};`,
    `-- Then give it a password, in psql: \\password ${name(admin)}`,
  ].join('\n');
}

function createRole(role: string, options: string, { name, text }: Quoting): string {
  const body = `create role ${name(role)} ${options};`;
  return `do $keyturn$ begin if not exists (select from pg_roles where rolname = ${text(role)}) then ${body} end if; end $keyturn$;`;
}
