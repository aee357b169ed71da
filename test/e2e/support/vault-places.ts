import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inject } from 'vitest';
import { loadVault } from '../../../connectors/load.ts';
import type { Context, Shape, Target, Vault } from '../../../contract/index.ts';
import { Secret } from '../../../contract/index.ts';
import { makeRotator, owner, policyIn } from '../../support/aws/places.ts';
import type { AccountName } from '../../support/google/accounts.ts';
import type { Google } from '../../support/google/server.ts';
import { addVersion } from '../../support/google/versions.ts';
import { asVariables, unique } from './issuers.ts';

/** One target that serves a first value, and what an outsider sees and does there. */
export interface VaultPlace {
  target: Target;
  /** What the worker has to find in its environment. */
  env: Record<string, string>;
  /** The same place, in the eyes of an identity that may do nothing there. */
  denied?: { target: Target; env: Record<string, string> };
  /** All that stands there, as one text: the same exactly if nothing changed. */
  standing(): Promise<string>;
  /** What consumers read. */
  current(): Promise<string>;
  /** Somebody else's value becomes current. */
  overwrite(value: string): Promise<void>;
}

export interface PlaceOptions {
  first: string;
  shape?: Shape;
  /** The target's. */
  name?: string;
}

export async function filePlace(ctx: Context, options: PlaceOptions): Promise<VaultPlace & { secret: string }> {
  const { first, name = 'main', shape = 'raw' } = options;
  const secret = `e2e/${randomUUID()}`;
  const located = { vault: 'file', secret };
  const connector = await loadVault('file');
  const vault = connector.open(connector.schema.parse(located));
  await vault.write(ctx, new Secret(first), 'absent');
  return {
    target: { name, ...located, value: shape },
    env: {},
    secret,
    standing: () => readFile(join(ctx.home, 'vault', `${secret}.vault.json`), 'utf8'),
    current: async () => (await read(vault, ctx, 'current')).text,
    async overwrite(value) {
      // Two people can have one pending version only: this one throws the other's away.
      const pending = await vault.read(ctx, 'pending');
      if (pending !== 'absent') await vault.destroy(ctx, pending.version.id);
      const before = await read(vault, ctx, 'current');
      const { id } = await vault.write(ctx, new Secret(value), before.version);
      await vault.moveCurrent(ctx, id, before.version);
    },
  };
}

async function read(vault: Vault, ctx: Context, which: 'current'): Promise<{ text: string; version: string }> {
  const stored = await vault.read(ctx, which);
  if (stored === 'absent') throw new Error('the place holds nothing');
  return { text: stored.value.reveal(), version: stored.version.id };
}

/** @param google a double in this process, whose state is looked at directly. */
export function googlePlace(
  google: Google,
  readers: 'latest' | 'alias',
  options: PlaceOptions,
): VaultPlace & { secret: string } {
  const { first, name = 'main', shape = 'raw' } = options;
  const { caFile, host, keyFiles, port, project } = google.address;
  const { name: secret } = google.secrets.create(`projects/${project}`, `e2e-${randomUUID()}`, {
    replication: { automatic: {} },
  });
  const add = (value: string) => addVersion(google.secrets, secret, { data: Buffer.from(value) });
  add(first);
  const live = () => google.secrets.live(secret);
  const currentNumber = () => live().versionAliases['keyturn-current'] ?? live().versions.length;
  const seenAs = (account: AccountName) => {
    const variable = `GOOGLE_${account.toUpperCase()}_${unique()}`;
    const located = { vault: 'gcp-secret-manager', secret, readers, endpoint: { host, port, caFile } };
    const target: Target = { name, ...located, credentials: { env: variable }, value: shape };
    return { target, env: { [variable]: keyFiles[account] } };
  };
  return {
    ...seenAs(readers),
    denied: seenAs('denied'),
    secret,
    standing: async () => JSON.stringify(live()),
    current: async () => live().versions[currentNumber() - 1]?.data?.toString() ?? '',
    async overwrite(value) {
      add(value);
      if (readers === 'latest') return;
      const aliases = { ...live().versionAliases, 'keyturn-current': live().versions.length };
      google.secrets.update({ name: secret, versionAliases: aliases }, ['version_aliases']);
    },
  };
}

/** @param endpoint of a lossy road to the double. */
export async function awsPlace(
  options: PlaceOptions & { endpoint?: string },
): Promise<VaultPlace & { secret: string }> {
  const { first, name = 'main', shape = 'raw' } = options;
  const { account, endpoint, region } = inject('aws');
  const secret = `e2e/${randomUUID()}`;
  await owner().secrets.createSecret({ Name: secret, SecretString: first });
  const readme = new URL('../../../connectors/vaults/aws-secrets-manager/README.md', import.meta.url);
  const policy = await policyIn(readme, { REGION: region, ACCOUNT: account, NAME: secret });
  const deny = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: ['secretsmanager:ListSecrets'], Resource: '*' }],
  });
  const seenWith = async (document: string) => {
    const { env, refs } = asVariables(await makeRotator(document));
    const located = { vault: 'aws-secrets-manager', secret, region, endpoint: options.endpoint ?? endpoint };
    const target: Target = { name, ...located, admin: refs, value: shape };
    return { target, env };
  };
  return {
    ...(await seenWith(policy)),
    denied: await seenWith(deny),
    secret,
    async standing() {
      const { VersionIdsToStages } = await owner().secrets.describeSecret({ SecretId: secret });
      const { Versions } = await owner().secrets.listSecretVersionIds({ SecretId: secret, IncludeDeprecated: true });
      return JSON.stringify([VersionIdsToStages, Versions?.map((version) => version.VersionId).sort()]);
    },
    current: async () => (await owner().secrets.getSecretValue({ SecretId: secret })).SecretString ?? '',
    overwrite: async (value) => void (await owner().secrets.putSecretValue({ SecretId: secret, SecretString: value })),
  };
}
