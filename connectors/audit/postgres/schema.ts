import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ClientBase, Pool } from 'pg';
import { KeyturnError } from '../../../contract/index.ts';
import { stateOf } from '../../postgres/classify.ts';

export const schema = 'keyturn_audit';
export const migrationsFolder = fileURLToPath(new URL('migrations', import.meta.url));

export interface Standing {
  applied: string[];
  pending: string[];
}

/** @throws KeyturnError `invalid` for the schema of a newer Keyturn. */
export async function standingOf(sql: Pool | ClientBase, name: string): Promise<Standing> {
  const known = readdirSync(migrationsFolder)
    .map((file) => file.replace(/\.sql$/, ''))
    .sort();
  const applied = await appliedTo(sql);
  const unknown = applied.filter((each) => !known.includes(each));
  if (unknown.length > 0) {
    throw new KeyturnError('invalid', `the audit ${name} has a newer schema: ${unknown.join(', ')}`, {
      fix: 'use the Keyturn version that migrated it, or a newer one',
    });
  }
  return { applied, pending: known.filter((each) => !applied.includes(each)) };
}

/** @throws KeyturnError `invalid` for any schema but the one that this Keyturn knows. */
export async function checkSchema(sql: Pool, name: string): Promise<void> {
  const { applied, pending } = await standingOf(sql, name);
  if (pending.length === 0) return;
  const what = applied.length === 0 ? 'has no schema yet' : `has an older schema: ${pending.join(', ')} is missing`;
  throw new KeyturnError('invalid', `the audit ${name} ${what}`, {
    fix: 'run `keyturn audit migrate` with a login that is a member of keyturn_audit_owner',
  });
}

async function appliedTo(sql: Pool | ClientBase): Promise<string[]> {
  try {
    const { rows } = await sql.query<{ name: string }>(`select name from ${schema}.migrations order by id`);
    return rows.map(({ name }) => name);
  } catch (error) {
    if (stateOf(error)?.sqlstate === '42P01') return [];
    throw error;
  }
}
