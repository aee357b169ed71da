import { createHash, createPrivateKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { SecretManagerServiceClient } from '@google-cloud/secret-manager';
import { z } from 'zod';
import type { Context, Secret } from '../../../contract/index.ts';
import { KeyturnError } from '../../../contract/index.ts';
import { type Config, locationOf } from './config.ts';

export type Client = SecretManagerServiceClient;
type Options = NonNullable<ConstructorParameters<typeof SecretManagerServiceClient>[0]>;

// A client holds a gRPC channel, so one is shared by all targets of the same address and credentials. When the credentials
// change, the earlier client stays behind idle: it may still be in use, and an idle channel holds no connection.
const clients = new Map<string, Promise<Client>>();

/** Google's own client, signed in as the configuration says. Makes no connection by itself. */
export async function clientFor(ctx: Context, config: Config): Promise<Client> {
  const keyFile = config.credentials && (await ctx.resolve(config.credentials));
  const text = JSON.stringify([config.endpoint ?? locationOf(config.secret), keyFile?.reveal()]);
  const id = createHash('sha256').update(text).digest('hex');
  const known = clients.get(id);
  if (known) return known;
  const made = makeClient(config, keyFile);
  clients.set(id, made);
  made.catch(() => clients.delete(id));
  return made;
}

async function makeClient(config: Config, keyFile: Secret | undefined): Promise<Client> {
  refuseLogging();
  const { SecretManagerServiceClient } = await import('@google-cloud/secret-manager');
  const signedIn = keyFile ? await signIn(config, keyFile) : await signInByDefault();
  return new SecretManagerServiceClient({ ...(await address(config)), ...signedIn });
}

/**
 * Application Default Credentials (https://cloud.google.com/docs/authentication/application-default-credentials), looked for before
 * the client is made: inside the client a failure would be a rejection that nobody hears, which ends the process.
 */
async function signInByDefault(): Promise<Options> {
  const { GoogleAuth } = await import('google-auth-library');
  const auth = new GoogleAuth({ scopes: ['https://www.googleapis.com/auth/cloud-platform'] });
  return { authClient: await auth.getClient() };
}

/** Signs a token itself for each call (https://google.aip.dev/auth/4111): no token server is asked. */
async function signIn(config: Config, keyFile: Secret): Promise<Options> {
  const { JWT } = await import('google-auth-library');
  const { client_email, private_key, private_key_id, project_id } = readKeyFile(keyFile);
  const authClient = new JWT({
    email: client_email,
    key: private_key,
    scopes: ['https://www.googleapis.com/auth/cloud-platform'],
    ...(private_key_id && { keyId: private_key_id }),
  });
  authClient.useJWTAccessWithScope = true;
  // Without a project Google's library would look for one around it, on the metadata server for example.
  return { authClient, projectId: project_id ?? config.secret.split('/')[1] ?? '' };
}

/** Google's client logs every request, the values of secrets included, where this variable names it. */
function refuseLogging(): void {
  if (!process.env.GOOGLE_SDK_NODE_LOGGING) return;
  throw new KeyturnError('invalid', 'GOOGLE_SDK_NODE_LOGGING is set: Google’s client would log the values of secrets', {
    fix: 'Start the worker without GOOGLE_SDK_NODE_LOGGING.',
  });
}

const keyFileSchema = z.looseObject({
  type: z.literal('service_account'),
  client_email: z.string().min(1),
  private_key: z.string().min(1),
  private_key_id: z.string().optional(),
  project_id: z.string().optional(),
});

function readKeyFile(keyFile: Secret): z.infer<typeof keyFileSchema> {
  try {
    const parsed = keyFileSchema.parse(JSON.parse(keyFile.reveal()));
    createPrivateKey(parsed.private_key);
    return parsed;
  } catch {
    // The parsers' own errors would quote the text.
    throw new KeyturnError(
      'invalid',
      'gcp-secret-manager: `credentials` does not hold the key file of a service account',
      {
        fix: 'Put the JSON of a service account key there, or leave `credentials` out to use Application Default Credentials.',
      },
    );
  }
}

async function address(config: Config): Promise<Options> {
  const { endpoint } = config;
  const location = locationOf(config.secret);
  if (!endpoint) return location ? { apiEndpoint: `secretmanager.${location}.rep.googleapis.com` } : {};
  const there = { apiEndpoint: endpoint.host, port: endpoint.port };
  return endpoint.caFile ? { ...there, grpc: await grpcTrusting(endpoint.caFile) } : there;
}

/** The gRPC library as Google's client uses it, trusting one authority in place of the public ones. */
async function grpcTrusting(caFile: string): Promise<NonNullable<Options['grpc']>> {
  const [{ default: grpc }, authority] = await Promise.all([import('@grpc/grpc-js'), readFile(caFile)]);
  const createSsl = () => grpc.credentials.createSsl(authority);
  return { ...grpc, credentials: { ...grpc.credentials, createSsl } } as NonNullable<Options['grpc']>;
}
