import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { IAM } from '@aws-sdk/client-iam';
import { SecretsManager } from '@aws-sdk/client-secrets-manager';
import { inject } from 'vitest';
import { Secret } from '../../../contract/index.ts';

export interface AccessKey {
  id: string;
  secret: string;
}

/** The double's owner: makes what a test needs, as a person with all rights would. */
export function owner(): { iam: IAM; secrets: SecretsManager } {
  const aws = inject('aws');
  const credentials = { accessKeyId: aws.adminAccessKeyId, secretAccessKey: aws.adminSecretAccessKey };
  const options = { endpoint: aws.endpoint, region: aws.region, credentials };
  return { iam: new IAM(options), secrets: new SecretsManager(options) };
}

export async function makeUser(prefix: string): Promise<string> {
  const name = `${prefix}-${randomUUID().slice(0, 8)}`;
  await owner().iam.createUser({ UserName: name });
  return name;
}

/** From now on a key of this user that is made, disabled or enabled takes effect so much later. */
export async function delayKeysOf(user: string, propagationMs: number): Promise<void> {
  const tag = { Key: 'double:propagation-ms', Value: String(propagationMs) };
  await owner().iam.tagUser({ UserName: user, Tags: [tag] });
}

export async function makeKey(user: string): Promise<AccessKey> {
  const { AccessKey: made } = await owner().iam.createAccessKey({ UserName: user });
  return { id: made?.AccessKeyId ?? '', secret: made?.SecretAccessKey ?? '' };
}

/** A user who may do exactly what the policy says, and where its key is found. */
export async function makeRotator(policy: string): Promise<Admin> {
  const user = await makeUser('rotator');
  await owner().iam.putUserPolicy({ UserName: user, PolicyName: 'least-privilege', PolicyDocument: policy });
  return asAdmin(await makeKey(user));
}

/** For the `admin` of a connector's configuration, and the secrets that its context resolves. */
export interface Admin {
  refs: { accessKeyId: { env: string }; secretAccessKey: { env: string } };
  secrets: Record<string, Secret>;
}

export function asAdmin(key: AccessKey): Admin {
  const unique = randomUUID().replaceAll('-', '');
  const refs = { accessKeyId: { env: `ID_${unique}` }, secretAccessKey: { env: `SECRET_${unique}` } };
  return {
    refs,
    secrets: {
      [JSON.stringify(refs.accessKeyId)]: new Secret(key.id),
      [JSON.stringify(refs.secretAccessKey)]: new Secret(key.secret),
    },
  };
}

/**
 * The policy that a connector asks for, with the placeholders filled in.
 * @param beside any file of the connector's folder: its README names the policy's file.
 */
export async function policyIn(
  beside: URL,
  placeholders: Record<string, string>,
  name = 'policy.json',
): Promise<string> {
  const policy = await readFile(new URL(name, beside), 'utf8');
  return Object.entries(placeholders).reduce((filled, [name, value]) => filled.replaceAll(name, value), policy);
}

/** An address at which nothing listens. */
export async function nowhere(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}
