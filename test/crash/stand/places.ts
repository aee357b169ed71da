import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadVault } from '../../../connectors/load.ts';
import { readFileVault } from '../../../connectors/vaults/file/index.ts';
import { type KeyRing, Secret } from '../../../contract/index.ts';
import { testContext } from '../../support/context.ts';
import { addVersion } from '../../support/google/versions.ts';
import { adminOf } from './issuers.ts';
import type { Systems } from './systems.ts';

/** One place in a vault, seen from outside. */
export interface Place {
  located: { vault: string; [option: string]: unknown };
  env: Record<string, string>;
  /** What consumers read. */
  current(): Promise<Served>;
  readVersion(id: string): Promise<string>;
  /** Every value that can still be read. */
  readable(): Promise<string[]>;
}

export interface Served {
  version: string;
  document: string;
}

export type PlaceOf = (systems: Systems, first: string) => Promise<Place>;

const fresh = () => `app-${randomBytes(6).toString('hex')}`;

export const file: PlaceOf = ({ home, keys }, first) => filePlace(home, keys, first);

export async function filePlace(
  home: string,
  keys: KeyRing,
  first: string,
  secret = `crash/${fresh()}`,
): Promise<Place> {
  const located = { vault: 'file', secret };
  const connector = await loadVault('file');
  await connector.open(connector.schema.parse(located)).write(testContext({ home, keys }), new Secret(first), 'absent');
  const readVersion = async (id: string) => (await readFileVault({ home, secret, which: { id } })).value;
  return {
    located,
    env: {},
    async current() {
      const { value, version } = await readFileVault({ home, secret });
      return { version, document: value };
    },
    readVersion,
    async readable() {
      const { versions } = JSON.parse(await readFile(join(home, 'vault', `${secret}.vault.json`), 'utf8'));
      return Promise.all(versions.map(({ id }: { id: string }) => readVersion(id)));
    },
  };
}

export const awsSecret: PlaceOf = async ({ aws }, first) => {
  const secret = fresh();
  await aws.secrets.createSecret({ Name: secret, SecretString: first });
  const admin = adminOf(aws);
  const read = (which: { VersionId?: string }) => aws.secrets.getSecretValue({ SecretId: secret, ...which });
  const readVersion = async (id: string) => (await read({ VersionId: id })).SecretString ?? '';
  const endpoint = `http://127.0.0.1:${aws.road.port}`;
  return {
    located: { vault: 'aws-secrets-manager', secret, region: aws.region, endpoint, admin: admin.refs },
    env: admin.env,
    async current() {
      const { SecretString = '', VersionId = '' } = await read({});
      return { version: VersionId, document: SecretString };
    },
    readVersion,
    async readable() {
      const { VersionIdsToStages = {} } = await aws.secrets.describeSecret({ SecretId: secret });
      return Promise.all(Object.keys(VersionIdsToStages).map(readVersion));
    },
  };
};

export const googleAlias: PlaceOf = (systems, first) => google(systems, first, 'alias');
export const googleLatest: PlaceOf = (systems, first) => google(systems, first, 'latest');

async function google({ google: double }: Systems, first: string, readers: 'alias' | 'latest'): Promise<Place> {
  const { caFile, keyFiles, project } = double.address;
  const parent = `projects/${project}`;
  const { name: secret } = double.secrets.create(parent, fresh(), { replication: { automatic: {} } });
  addVersion(double.secrets, secret, { data: Buffer.from(first) });
  const alias = 'keyturn-current';
  if (readers === 'alias') double.secrets.update({ name: secret, versionAliases: { [alias]: 1 } }, ['version_aliases']);
  const live = () => double.secrets.live(secret);
  const variable = `GOOGLE_${readers.toUpperCase()}`;
  const endpoint = { host: 'localhost', port: double.road.port, caFile };
  return {
    located: { vault: 'gcp-secret-manager', secret, readers, endpoint, credentials: { env: variable } },
    env: { [variable]: keyFiles[readers] },
    async current() {
      const number = readers === 'alias' ? Number(live().versionAliases[alias]) : live().versions.length;
      return { version: String(number), document: String(live().versions[number - 1]?.data ?? '') };
    },
    readVersion: async (id) => String(live().versions[Number(id) - 1]?.data ?? ''),
    readable: async () =>
      live().versions.flatMap(({ data, state }) => (state === 'ENABLED' && data ? [data.toString()] : [])),
  };
}
