import { escapeIdentifier, escapeLiteral } from 'pg';
import { inject } from 'vitest';
import type { Config } from '../../../../connectors/providers/postgres/config.ts';
import { asSuperuser } from '../../../../connectors/providers/postgres/harness.ts';
import type { Fields } from '../sides.ts';

export interface Tables {
  /** The statement of the smoke test: it has to give rows. */
  sql: string;
  dropTables(): Promise<void>;
}

/** A table that the owner may read, and so both logins; or, to fail, the first login alone. */
export async function grantedToOne({ logins, owner }: Config, _first: Fields, fails: boolean): Promise<Tables> {
  const [first = ''] = logins;
  const table = escapeIdentifier(`${first}_orders`);
  const ownGrant = `grant select on ${table} to ${escapeIdentifier(first)};
    ${logins.map((login) => `alter role ${escapeIdentifier(login)} reset role`).join('; ')}`;
  const sharedGrant = `grant select on ${table} to ${escapeIdentifier(owner ?? '')}`;
  await run(`create table ${table} as select 1 as id; ${fails ? ownGrant : sharedGrant}`);
  return { sql: `select id from ${table} limit 1`, dropTables: () => run(`drop table ${table}`) };
}

/**
 * A table that the login may read; or, to fail, one on the far side of a foreign server, to which the login's user mapping logs in with the
 * password of today. What goes wrong there is told by no rows: an error of the far side could as well be trouble of the network.
 */
export async function trustingOnePassword({ logins }: Config, first: Fields, fails: boolean): Promise<Tables> {
  const [login = ''] = logins;
  const named = (what: string) => escapeIdentifier(`${login}_${what}`);
  await run(`create table ${named('orders')} as select 1 as id;
    grant select on ${named('orders')} to ${escapeIdentifier(login)}`);
  const drop = () => run(`drop table ${named('orders')}`);
  if (!fails) return { sql: `select id from ${named('orders')} limit 1`, dropTables: drop };

  const { host, port } = inject('postgres');
  const [user, password] = [first.user ?? '', first.password ?? ''].map((text) => escapeLiteral(text));
  await run(`begin;
    select pg_advisory_xact_lock(hashtextextended('create postgres_fdw', 0));
    create extension if not exists postgres_fdw;
    commit`);
  await run(`create server ${named('far')} foreign data wrapper postgres_fdw
      options (host ${escapeLiteral(host)}, port '${port}', dbname 'postgres');
    create user mapping for ${escapeIdentifier(login)} server ${named('far')} options (user ${user}, password ${password});
    create foreign table ${named('far_orders')} (id int) server ${named('far')}
      options (table_name ${escapeLiteral(`${login}_orders`)});
    grant select on ${named('far_orders')} to ${escapeIdentifier(login)};
    create function ${named('reach')}() returns setof int language plpgsql as $$
      begin
        return query select id from ${named('far_orders')};
      exception when sqlclient_unable_to_establish_sqlconnection then
        return;
      end $$`);
  return {
    sql: `select * from ${named('reach')}()`,
    async dropTables() {
      await run(`drop function ${named('reach')}; drop server ${named('far')} cascade`);
      await drop();
    },
  };
}

async function run(sql: string): Promise<void> {
  await asSuperuser((client) => client.query(sql));
}
