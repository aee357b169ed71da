import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Client } from 'pg';
import { inject } from 'vitest';
import type { AuditSink } from '../../../contract/index.ts';
import type { AuditCase, Harness } from '../../../test/conformance/harness.ts';
import { asSuperuser } from '../../providers/postgres/harness.ts';
import { connector } from './index.ts';

export const harness: Harness<AuditCase> = {
  cases: [
    {
      name: 'in a database of its own, as its writer',
      async setUp() {
        const made = await makeAudit();
        const open = () => made.open(connector.open(made.writer));
        return { sink: await open(), reopen: open, tearDown: made.drop };
      },
    },
  ],
};

type Login = 'owner' | 'writer' | 'reader';

export interface MadeAudit extends Record<Login | 'admin', string> {
  /** What is opened is closed by `drop`. */
  open(opening: Promise<AuditSink>): Promise<AuditSink>;
  drop(): Promise<void>;
}

/**
 * A database of its own, set up by exactly the script that the README shows, with a login for each role.
 * @param at another way to the same server.
 */
export async function makeAudit({ migrated = true, at = inject('postgres') } = {}): Promise<MadeAudit> {
  const prefix = `kt_${randomBytes(4).toString('hex')}`;
  const password = randomBytes(12).toString('hex');
  const login = (name: string) => `postgres://${prefix}_${name}:${password}@${at.host}:${at.port}/${prefix}`;
  const admin = Object.assign(new URL(inject('postgres').adminUrl), { pathname: `/${prefix}` }).href;
  const setup = await readFile(new URL('setup.sql', import.meta.url), 'utf8');
  await asSuperuser(async (sql) => {
    await sql.query(`create database ${prefix}`);
    await asAdmin(admin, setup);
    for (const role of ['owner', 'writer', 'reader']) {
      await sql.query(`create role ${prefix}_${role} login password '${password}' in role keyturn_audit_${role}`);
    }
  });
  const made = { owner: login('owner'), writer: login('writer'), reader: login('reader'), admin };
  if (migrated) await connector.migrate?.(made.owner, { dryRun: false });
  const opened: AuditSink[] = [];
  return {
    ...made,
    async open(opening) {
      const sink = await opening;
      opened.push(sink);
      return sink;
    },
    async drop() {
      await Promise.all(opened.map((sink) => sink.close()));
      await asSuperuser(async (sql) => {
        await sql.query(`drop database ${prefix} with (force)`);
        await sql.query(`drop role ${prefix}_owner, ${prefix}_writer, ${prefix}_reader`);
      });
    },
  };
}

/** Runs statements with a connection of its own. */
export async function asAdmin(url: string, statements: string) {
  const sql = new Client({ connectionString: url });
  await sql.connect();
  try {
    return await sql.query(statements);
  } finally {
    await sql.end();
  }
}
