import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IAM } from '@aws-sdk/client-iam';
import { SecretsManager } from '@aws-sdk/client-secrets-manager';
import { stringify } from 'yaml';
import { type Connected, connect } from '../../client/connect.ts';
import { startTemporal, type TemporalServer } from '../crash/stand/temporal.ts';
import { type LossyRoad, lossyRoad } from '../support/aws/lossy.ts';
import { type AwsDouble, start as startAws } from '../support/services/aws.ts';

/** What one credential is about, as an outsider knows it. */
export interface Place {
  id: string;
  user: string;
  secret: string;
  /** The key that it has before the fleet. */
  before: string;
}

/** A Temporal with a file, the AWS double behind a road that counts, and so many users with a key and a secret each. */
export interface Stand {
  folder: string;
  catalog: string;
  temporal: TemporalServer;
  connected: Connected;
  aws: AwsDouble & { iam: IAM; secrets: SecretsManager };
  road: LossyRoad;
  places: Place[];
  /** Of every program that is started here. */
  env: Record<string, string>;
  stop(keep: boolean): Promise<void>;
}

export async function openStand(count: number): Promise<Stand> {
  const folder = await mkdtemp(join(tmpdir(), 'keyturn-fleet-'));
  const [temporal, aws] = await Promise.all([startTemporal(join(folder, 'temporal.db')), startAws()]);
  const { adminAccessKeyId: accessKeyId, adminSecretAccessKey: secretAccessKey, endpoint, region } = aws.provide;
  const options = { endpoint, region, credentials: { accessKeyId, secretAccessKey } };
  const clients = { iam: new IAM(options), secrets: new SecretsManager(options) };
  const [road, connected] = await Promise.all([lossyRoad(endpoint), connect({ TEMPORAL_ADDRESS: temporal.address })]);
  const places: Place[] = [];
  // One after the other: the double is not made for secrets that are created at once.
  for (let number = 1; number <= count; number += 1) places.push(await makePlace(clients, number));
  const catalog = join(folder, 'keyturn.yaml');
  const credentials = places.map((place) => [place.id, declared(place, aws.provide, road.endpoint)]);
  await writeFile(catalog, stringify({ credentials: Object.fromEntries(credentials) }));
  return {
    ...{ folder, catalog, temporal, connected, road, places },
    aws: { ...aws.provide, ...clients },
    env: {
      TEMPORAL_ADDRESS: temporal.address,
      KEYTURN_HOME: join(folder, 'home'),
      KEYTURN_CATALOG: catalog,
      FLEET_ADMIN_ID: accessKeyId,
      FLEET_ADMIN_KEY: secretAccessKey,
    },
    async stop(keep) {
      await connected.close().catch(() => {});
      await temporal.kill();
      await Promise.all([aws.stop(), road.close()]);
      if (!keep) await rm(folder, { recursive: true, force: true });
    },
  };
}

async function makePlace({ iam, secrets }: Pick<Stand['aws'], 'iam' | 'secrets'>, number: number): Promise<Place> {
  const name = `app-${String(number).padStart(3, '0')}`;
  const user = `${name}-${randomBytes(3).toString('hex')}`;
  await iam.createUser({ UserName: user });
  const { AccessKey: made } = await iam.createAccessKey({ UserName: user });
  const document = JSON.stringify({ id: made?.AccessKeyId, secret: made?.SecretAccessKey });
  await secrets.createSecret({ Name: user, SecretString: document });
  return { id: `fleet/${name}`, user, secret: user, before: made?.AccessKeyId ?? '' };
}

/** The double shows a change at once, and counts nobody's requests: what it may be asked is not what is tried here. */
function declared({ secret, user }: Place, { account, region }: AwsDouble, endpoint: string): object {
  const admin = { accessKeyId: { env: 'FLEET_ADMIN_ID' }, secretAccessKey: { env: 'FLEET_ADMIN_KEY' } };
  const own = { lastUsedLag: '500ms', propagation: 0, requestsPerMinute: 100_000 };
  const value = { json: { id: 'accessKeyId', secret: 'secretAccessKey' } };
  return {
    owner: 'tests',
    provider: { type: 'aws-iam-access-key', user, account, region, endpoint, admin, ...own },
    targets: [{ vault: 'aws-secrets-manager', secret, region, endpoint, admin, value }],
    grace: 0,
    soak: 0,
    limits: { poll: '1s' },
  };
}
