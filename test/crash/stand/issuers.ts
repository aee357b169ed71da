import { randomBytes } from 'node:crypto';
import type { IAM } from '@aws-sdk/client-iam';
import { STS } from '@aws-sdk/client-sts';
import { Client, escapeIdentifier, escapeLiteral } from 'pg';
import { connector } from '../../../connectors/providers/postgres/index.ts';
import { rolesScript } from '../../../connectors/providers/postgres/script.ts';
import type { Credential, Shape } from '../../../contract/index.ts';
import type { AwsDouble } from '../../support/services/aws.ts';

/** Where the providers are, and by which port workers reach them. */
export interface Providers {
  postgres: { host: string; port: number; adminUrl: string; road: { port: number } };
  aws: AwsDouble & { iam: IAM; road: { port: number } };
}

/** A principal of its own at a provider, seen from outside: nothing here goes through Keyturn or its roads. */
export interface Issuer {
  provider: Credential['provider'];
  shape: Shape;
  smokeTests: Credential['smokeTests'];
  /** What the workers have to find in their environment. */
  env: Record<string, string>;
  /** The document that works at the beginning. */
  first: string;
  /** All that can be used or made usable again, by name. */
  keys(): Promise<string[]>;
  nameOf(document: string): string;
  /** The parts of a document that are secret. */
  secretsOf(document: string): string[];
  /** Uses the document. @throws when nobody can tell. */
  accepts(document: string): Promise<boolean>;
}

export type IssuerOf = (providers: Providers) => Promise<Issuer>;

const variable = (name: string) => `${name}_${randomBytes(4).toString('hex').toUpperCase()}`;

/** Two alternating logins, made by the script that `keyturn check` prints. */
export const postgres = async ({ postgres: server }: Pick<Providers, 'postgres'>): Promise<Issuer> => {
  const prefix = `kt_${randomBytes(4).toString('hex')}`;
  const admin = { user: `${prefix}_admin`, password: randomBytes(12).toString('hex'), variable: variable('PG_ADMIN') };
  const logins: [string, string] = [`${prefix}_a`, `${prefix}_b`];
  const own = { type: 'postgres', host: server.host, logins, owner: `${prefix}_owner` };
  const provider = { ...own, port: server.road.port, admin: { env: admin.variable } };
  const url = (user: string, password: string) =>
    `postgres://${user}:${password}@${server.host}:${server.port}/postgres`;
  const first = url(logins[0], randomBytes(12).toString('hex'));
  await onServer(server.adminUrl, async (sql) => {
    // The log is searched for values that Keyturn may have shown, and these are set by hand.
    await sql.query(`set log_statement = 'none'`);
    await sql.query(
      rolesScript(connector.schema.parse(provider), admin.user, { name: escapeIdentifier, text: escapeLiteral }),
    );
    await setPassword(sql, admin.user, admin.password);
    await setPassword(sql, logins[0], new URL(first).password);
  });
  return {
    provider,
    shape: 'url',
    smokeTests: [{ sql: 'select 1' }],
    env: { [admin.variable]: url(admin.user, admin.password) },
    first,
    nameOf: (document) => new URL(document).username,
    secretsOf: (document) => [new URL(document).password],
    keys: () => onServer(server.adminUrl, (sql) => loginsWithPassword(sql, logins)),
    accepts: logsIn,
  };
};

async function setPassword(sql: Client, role: string, password: string): Promise<void> {
  await sql.query(`alter role ${escapeIdentifier(role)} login password ${escapeLiteral(password)}`);
}

async function loginsWithPassword(sql: Client, logins: readonly string[]): Promise<string[]> {
  const { rows } = await sql.query<{ name: string }>(
    'select rolname as name from pg_authid where rolname = any ($1) and rolpassword is not null',
    [logins],
  );
  return rows.map(({ name }) => name);
}

export async function onServer<Result>(url: string, work: (sql: Client) => Promise<Result>): Promise<Result> {
  const sql = new Client({ connectionString: url });
  sql.on('error', () => {});
  await sql.connect();
  return work(sql).finally(() => sql.end().catch(() => {}));
}

async function logsIn(document: string): Promise<boolean> {
  try {
    await onServer(document, (sql) => sql.query('select 1'));
    return true;
  } catch (error) {
    if (['28P01', '28000'].includes((error as { code?: string }).code ?? '')) return false;
    throw error;
  }
}

/** A user with one access key. */
export const awsIam: IssuerOf = async ({ aws }) => {
  const user = `app-${randomBytes(4).toString('hex')}`;
  await aws.iam.createUser({ UserName: user });
  const { AccessKey: made } = await aws.iam.createAccessKey({ UserName: user });
  const admin = adminOf(aws);
  return {
    provider: {
      type: 'aws-iam-access-key',
      user,
      account: aws.account,
      endpoint: `http://127.0.0.1:${aws.road.port}`,
      admin: admin.refs,
      lastUsedLag: '500ms',
      propagation: 0,
      requestsPerMinute: 100_000,
    },
    shape: { json: { id: 'accessKeyId', secret: 'secretAccessKey' } },
    smokeTests: [],
    env: admin.env,
    first: JSON.stringify({ id: made?.AccessKeyId, secret: made?.SecretAccessKey }),
    nameOf: (document) => JSON.parse(document).id,
    secretsOf: (document) => [JSON.parse(document).secret],
    async keys() {
      const { AccessKeyMetadata: keys = [] } = await aws.iam.listAccessKeys({ UserName: user });
      return keys.map((key) => key.AccessKeyId ?? '');
    },
    accepts: (document) => signs(aws, document),
  };
};

export function adminOf(aws: AwsDouble) {
  const [id, secret] = [variable('AWS_ID'), variable('AWS_SECRET')];
  return {
    refs: { accessKeyId: { env: id }, secretAccessKey: { env: secret } },
    env: { [id]: aws.adminAccessKeyId, [secret]: aws.adminSecretAccessKey },
  };
}

async function signs({ endpoint, region }: AwsDouble, document: string): Promise<boolean> {
  const { id: accessKeyId, secret: secretAccessKey } = JSON.parse(document);
  const sts = new STS({ endpoint, region, credentials: { accessKeyId, secretAccessKey }, maxAttempts: 1 });
  try {
    await sts.getCallerIdentity({});
    return true;
  } catch (error) {
    if (/InvalidClientTokenId|SignatureDoesNotMatch/.test((error as Error).name)) return false;
    throw error;
  } finally {
    sts.destroy();
  }
}
