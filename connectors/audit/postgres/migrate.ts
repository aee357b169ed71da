import type { Client } from 'pg';
import type { AuditMigration } from '../../../contract/index.ts';
import { KeyturnError } from '../../../contract/index.ts';
import { asKeyturnError } from './errors.ts';
import type { Place } from './place.ts';
import { migrationsFolder, schema, standingOf } from './schema.ts';

const owner = 'keyturn_audit_owner';
/** For a migration of somebody else, and for those who read and append. */
const lockMs = 30_000;

export async function migrate({ config, name }: Place, { dryRun }: { dryRun: boolean }): Promise<AuditMigration> {
  const { Client } = await import('pg');
  const client = new Client({
    application_name: 'keyturn audit migrate',
    connectionTimeoutMillis: 5_000,
    lock_timeout: lockMs,
    ...config,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    await becomeOwner(client, name);
    const { applied: had, pending } = await standingOf(client, name);
    return { place: name, had, applied: dryRun ? pending : await run(client) };
  } catch (error) {
    throw asKeyturnError(error, name);
  } finally {
    await client.end().catch(() => {});
  }
}

/** What is made belongs to the role, so that any login that is a member of it can go on from there. */
async function becomeOwner(client: Client, name: string): Promise<void> {
  await client.query(`set role ${owner}`);
  const { rows } = await client.query<{ creates: boolean }>(
    `select has_schema_privilege(oid, 'create') as creates from pg_namespace where nspname = $1`,
    [schema],
  );
  if (rows[0]?.creates) return;
  const problem = rows[0] ? `${owner} may not create in the schema ${schema}` : `there is no schema ${schema}`;
  throw new KeyturnError('not-found', `the audit ${name}: ${problem}`, {
    fix: 'run connectors/audit/postgres/setup.sql in this database',
  });
}

/** All or nothing, and one at a time: who waited for another finds nothing to do. */
async function run(dbClient: Client): Promise<string[]> {
  const { runner } = await import('node-pg-migrate');
  const quiet = () => {};
  const done = await runner({
    dbClient,
    dir: migrationsFolder,
    direction: 'up',
    migrationsTable: 'migrations',
    schema,
    singleTransaction: true,
    advisoryLockMode: 'wait',
    logger: { info: quiet, warn: quiet, error: quiet },
  });
  return done.map(({ name }) => name);
}
