import type { protos } from '@google-cloud/secret-manager';
import { type Context, type Discovered, type Discovery, KeyturnError } from '../../../contract/index.ts';
import { nameOf } from '../../references.ts';
import { isDenied } from './classify.ts';
import { clientFor } from './client.ts';
import type { Config } from './config.ts';
import { callTimeoutMs } from './secret.ts';

export const pageSize = 100;

/** `projects/<project>`, or `projects/<project>/locations/<location>`. */
function parentOf({ secret }: Config): string {
  return secret.replace(/\/secrets\/[^/]+$/, '');
}

export function source(config: Config): string {
  const { credentials, endpoint } = config;
  const at = endpoint ? ` at ${endpoint.host}:${endpoint.port}` : '';
  return `Google Secret Manager, ${parentOf(config)}, with ${credentials ? nameOf(credentials) : 'the default credentials'}${at}`;
}

/** Every secret of the project, or of its location, by what is known about it: no version is asked for. */
export async function* discover(ctx: Context, config: Config): Discovery {
  const client = await clientFor(ctx, config);
  const parent = parentOf(config);
  let pageToken = '';
  do {
    const options = { timeout: callTimeoutMs, retry: null, signal: ctx.cancelled, autoPaginate: false };
    const [secrets, , page] = await client
      .listSecrets({ parent, pageSize, pageToken }, options)
      .catch((error: unknown) => Promise.reject(isDenied(error) ? lacksList(parent, error) : error));
    yield secrets.flatMap((secret) => discovered(config, secret));
    pageToken = page?.nextPageToken ?? '';
  } while (pageToken !== '');
}

function lacksList(parent: string, cause: unknown): KeyturnError {
  const why = cause instanceof Error ? cause.message : '';
  return new KeyturnError('unauthorized', `the right secretmanager.secrets.list on ${parent} is missing: ${why}`, {
    fix: "give it to the catalog's `credentials` on the project, or leave this source out; the connector's README has the role",
    cause,
  });
}

function discovered(config: Config, secret: protos.google.cloud.secretmanager.v1.ISecret): Discovered[] {
  const { createTime, expireTime, name, rotation } = secret;
  const id = name?.split('/secrets/')[1];
  if (!name || !id) return [];
  const { credentials, endpoint } = config;
  // Google answers with the project's number where the catalog may have its id.
  const declared = `${parentOf(config)}/secrets/${id}`;
  const createdAt = instantOf(createTime);
  return [
    {
      name: declared,
      named: { anywhere: [...new Set([declared, name])].map(locationOf) },
      ...(createdAt !== undefined && { createdAt }),
      // Secret Manager tells neither when a value was read nor, of the secret, when it was changed: that stands in audit logs.
      lastUse: 'unknown',
      notes: [
        ...(expireTime ? [`expires at ${instantOf(expireTime)}`] : []),
        ...(rotation ? ['Google announces rotations of it'] : []),
      ],
      declares: { vault: 'gcp-secret-manager', secret: declared, credentials, endpoint },
    },
  ];
}

function instantOf(time: protos.google.protobuf.ITimestamp | null | undefined): string | undefined {
  if (!time) return undefined;
  return new Date(Number(time.seconds ?? 0) * 1_000 + Math.floor((time.nanos ?? 0) / 1e6)).toISOString();
}

export function locationOf(secret: string): string {
  return `gcp-secret-manager/${secret}`;
}
