import { STS } from '@aws-sdk/client-sts';
import { Pool } from 'pg';
import type { Stand } from './stand.ts';

/** What a consumer opens with a value, and uses until it has another. */
export interface Connections {
  query(): Promise<unknown>;
  close(): Promise<void>;
}

export type Connect = (document: string) => Connections;

/** Longer than any wait here: a query that is only slow does not fail. */
const patienceMs = 60_000;

export const toPostgres: Connect = (connectionString) => {
  const pool = new Pool({
    connectionString,
    max: 2,
    application_name: 'drill-consumer',
    connectionTimeoutMillis: patienceMs,
  });
  // Without a listener an idle connection that is ended would end the process; the next query opens one anew, or fails.
  pool.on('error', () => {});
  return { query: () => pool.query('select 1'), close: () => pool.end() };
};

export const toAws =
  ({ aws: { endpoint, region } }: Stand): Connect =>
  (document) => {
    const { id: accessKeyId, secret: secretAccessKey } = JSON.parse(document);
    const sts = new STS({ endpoint, region, credentials: { accessKeyId, secretAccessKey }, maxAttempts: 1 });
    return { query: () => sts.getCallerIdentity({}), close: async () => sts.destroy() };
  };
