import { randomUUID } from 'node:crypto';
import { STS } from '@aws-sdk/client-sts';
import { Client } from 'pg';
import { inject } from 'vitest';
import { asSuperuser, makeRoles } from '../../../connectors/providers/postgres/harness.ts';
import type { Credential, Shape } from '../../../contract/index.ts';
import { type Admin, makeKey, makeRotator, makeUser, owner, policyIn } from '../../support/aws/places.ts';

/** A provider with a principal of its own, and what an outsider sees of it: nothing here goes through Keyturn. */
export interface Issuer {
  provider: Credential['provider'];
  shape: Shape;
  /** What the worker has to find in its environment. */
  env: Record<string, string>;
  /** The name of the variable in `env` that holds the admin's secret, and a wrong one in its place. */
  admin: { name: string; wrong: string };
  /** The document that works at the beginning, made by hand. */
  first: string;
  /** All that the provider holds of this principal, as one text: the same exactly if nothing changed. */
  standing(): Promise<string>;
  /** What can be used: logins with a password and the login right; access keys, Inactive ones included. */
  keys(): Promise<string[]>;
  /** Uses the document as an application would. */
  accepts(document: string): Promise<boolean>;
}

export const unique = () => randomUUID().replaceAll('-', '').slice(0, 8).toUpperCase();

/** Two alternating logins with an owner, of which the first has a password. @param port of a road to the database. */
export async function postgresIssuer(port?: number): Promise<Issuer & { logins: [string, string] }> {
  const { host, port: own } = inject('postgres');
  const { admin, given } = await makeRoles('two logins');
  const logins = given.logins as [string, string];
  const name = `PG_ADMIN_${unique()}`;
  const url = (user: string, password: string) => `postgres://${user}:${password}@${host}:${port ?? own}/postgres`;
  const first = url(logins[0], `first-${randomUUID()}`);
  await setPassword(logins[0], new URL(first).password);
  return {
    provider: { ...given, port: port ?? own, admin: { env: name } },
    shape: 'url',
    env: { [name]: url(admin.user, admin.password) },
    admin: { name, wrong: url(admin.user, `wrong-${randomUUID()}`) },
    first,
    logins,
    standing: () => standingOf(logins),
    keys: async () =>
      (await rolesOf(logins)).filter((each) => each.can && each.password !== null).map((each) => each.name),
    accepts: (document) => logsIn(document, own),
  };
}

/** As a person with all rights does it: no marker, no notice to anybody. */
export async function setPassword(login: string, password: string): Promise<void> {
  await asSuperuser((sql) =>
    sql.query(`alter role ${sql.escapeIdentifier(login)} login password ${sql.escapeLiteral(password)}`),
  );
}

interface Role {
  name: string;
  can: boolean;
  password: string | null;
  comment: string | null;
}

async function rolesOf(logins: readonly string[]): Promise<Role[]> {
  return asSuperuser(async (sql) => {
    const { rows } = await sql.query<Role>(
      `select rolname as name, rolcanlogin as can, rolpassword as password, shobj_description(oid, 'pg_authid') as comment
         from pg_authid where rolname = any ($1) order by rolname`,
      [logins],
    );
    return rows;
  });
}

async function standingOf(logins: readonly string[]): Promise<string> {
  return JSON.stringify(await rolesOf(logins));
}

/** On the straight way to the database, whatever road the document names. */
async function logsIn(document: string, port: number): Promise<boolean> {
  const url = new URL(document);
  url.port = String(port);
  const sql = new Client({ connectionString: url.href });
  try {
    await sql.connect();
    return true;
  } catch (error) {
    if (['28P01', '28000'].includes((error as { code?: string }).code ?? '')) return false;
    throw error;
  } finally {
    await sql.end().catch(() => {});
  }
}

export interface AwsOptions {
  /** A lossy road to the double. */
  endpoint?: string;
  /** As the catalog declares it: `5s`. */
  propagation?: string | 0;
}

/** An IAM user with one access key, and an admin with exactly the policy of the connector's README. */
export async function awsIssuer(options: AwsOptions = {}): Promise<Issuer & { user: string }> {
  const { account, endpoint } = inject('aws');
  const user = await makeUser('e2e');
  const readme = new URL('../../../connectors/providers/aws-iam-access-key/README.md', import.meta.url);
  const rotator = await makeRotator(await policyIn(readme, { ACCOUNT: account, USER: user }));
  const admin = asVariables(rotator);
  const made = await makeKey(user);
  const propagation = options.propagation ?? 0;
  return {
    provider: {
      type: 'aws-iam-access-key',
      user,
      account,
      endpoint: options.endpoint ?? endpoint,
      admin: admin.refs,
      lastUsedLag: 0,
      propagation,
      requestsPerMinute: 100_000,
    },
    shape: { json: { id: 'accessKeyId', secret: 'secretAccessKey' } },
    env: admin.env,
    admin: { name: admin.refs.secretAccessKey.env, wrong: 'w'.repeat(40) },
    first: JSON.stringify({ id: made.id, secret: made.secret }),
    user,
    standing: async () => JSON.stringify(await accessKeysOf(user)),
    keys: async () => (await accessKeysOf(user)).map((key) => key.id),
    accepts: signs,
  };
}

/** Under names that a catalog takes: long random ones look like secrets to it. */
export function asVariables({ refs, secrets }: Admin): Pick<Admin, 'refs'> & { env: Record<string, string> } {
  const [id, secret] = [`AWS_ID_${unique()}`, `AWS_SECRET_${unique()}`];
  const revealed = (ref: object) => secrets[JSON.stringify(ref)]?.reveal() ?? '';
  return {
    refs: { accessKeyId: { env: id }, secretAccessKey: { env: secret } },
    env: { [id]: revealed(refs.accessKeyId), [secret]: revealed(refs.secretAccessKey) },
  };
}

export async function accessKeysOf(user: string): Promise<{ id: string; status: string }[]> {
  const { AccessKeyMetadata = [] } = await owner().iam.listAccessKeys({ UserName: user });
  return AccessKeyMetadata.map((key) => ({ id: key.AccessKeyId ?? '', status: key.Status ?? '' }));
}

async function signs(document: string): Promise<boolean> {
  const { id, secret } = JSON.parse(document) as { id: string; secret: string };
  const { endpoint, region } = inject('aws');
  const credentials = { accessKeyId: id, secretAccessKey: secret };
  const sts = new STS({ endpoint, region, credentials, maxAttempts: 1 });
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
