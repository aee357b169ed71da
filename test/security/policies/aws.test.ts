import { randomUUID } from 'node:crypto';
import { describe, expect, inject, test } from 'vitest';
import { connector as accessKeys } from '../../../connectors/providers/aws-iam-access-key/index.ts';
import { connector as secretsManager } from '../../../connectors/vaults/aws-secrets-manager/index.ts';
import type { Key, ProviderConnector, VaultConnector } from '../../../contract/index.ts';
import { Secret } from '../../../contract/index.ts';
import { makeKey, makeRotator, makeUser, owner, policyIn } from '../../support/aws/places.ts';
import { testContext } from '../../support/context.ts';
import { failuresOf, type Operations, refused } from './refused.ts';

/** The policy files suffice, and nothing in them can be left out. */

interface Policy {
  Statement: { Effect: string; Action: string[]; Resource: string }[];
}

const folder = new URL('../../../connectors/', import.meta.url);
const providerFile = new URL('providers/aws-iam-access-key/policy.json', folder);
const vaultFile = new URL('vaults/aws-secrets-manager/policy.json', folder);

async function without(action: string, file: URL, names: Record<string, string>): Promise<string> {
  const policy = JSON.parse(await policyIn(file, names)) as Policy;
  const Statement = policy.Statement.map((each) => ({ ...each, Action: each.Action.filter((one) => one !== action) }));
  return JSON.stringify({ ...policy, Statement });
}

async function actionsIn(file: URL): Promise<string[]> {
  const { Statement } = JSON.parse(await policyIn(file, {})) as Policy;
  return Statement.flatMap(({ Action }) => Action);
}

const nothing = 'nothing';

describe('the provider aws-iam-access-key', () => {
  const needs: Record<string, string[]> = {
    'iam:CreateAccessKey': ['mint'],
    'iam:DeleteAccessKey': ['remove'],
    'iam:GetAccessKeyLastUsed': ['inventory'],
    'iam:ListAccessKeys': ['inventory'],
    'iam:UpdateAccessKey': ['disable', 'enable'],
    [nothing]: [],
  };

  test('each action of its policy is in the table below', async () => {
    expect(await actionsIn(providerFile)).toEqual(Object.keys(needs).filter((action) => action !== nothing));
  });

  test.each(Object.entries(needs))('leaving out %s: refused is %j', async (action, names) => {
    const user = await makeUser('app');
    const key: Key = { id: (await makeKey(user)).id, state: 'active' };
    const policy = await without(action, providerFile, { ACCOUNT: inject('aws').account, USER: user });
    expect(await failuresOf(await operationsOn(user, key, policy), accessKeys.classify)).toEqual(refused(...names));
  });

  test('and reaches no other user', async () => {
    const [mine, other] = await Promise.all([makeUser('app'), makeUser('app')]);
    const key: Key = { id: (await makeKey(other)).id, state: 'active' };
    const policy = await policyIn(providerFile, { ACCOUNT: inject('aws').account, USER: mine });
    const operations = await operationsOn(other, key, policy);
    expect(await failuresOf(operations, accessKeys.classify)).toEqual(refused(...Object.keys(operations)));
  });

  async function operationsOn(user: string, key: Key, policy: string): Promise<Operations> {
    const { endpoint } = inject('aws');
    const admin = await makeRotator(policy);
    const ctx = testContext({ secrets: admin.secrets });
    const connector = accessKeys as ProviderConnector;
    const config = connector.schema.parse({ type: connector.name, user, endpoint, admin: admin.refs });
    const provider = connector.open(config);
    return {
      inventory: () => provider.inventory(ctx, [key.id]),
      mint: () => provider.mint?.(ctx),
      disable: () => provider.disable?.(ctx, key),
      enable: () => provider.enable?.(ctx, key),
      remove: () => provider.remove(ctx, key),
    };
  }
});

describe('the vault aws-secrets-manager', () => {
  const needs: Record<string, string[]> = {
    'secretsmanager:DescribeSecret': ['write', 'moveCurrent', 'destroy', 'warnings'],
    'secretsmanager:GetSecretValue': ['read', 'write'],
    'secretsmanager:PutSecretValue': ['write'],
    'secretsmanager:UpdateSecretVersionStage': ['write', 'moveCurrent', 'destroy'],
    [nothing]: [],
  };

  test('each action of its policy is in the table below', async () => {
    expect(await actionsIn(vaultFile)).toEqual(Object.keys(needs).filter((action) => action !== nothing));
  });

  test.each(Object.entries(needs))('leaving out %s: refused is %j', async (action, names) => {
    const { region, account } = inject('aws');
    const secret = await threeVersions();
    const policy = await without(action, vaultFile, { REGION: region, ACCOUNT: account, NAME: secret.name });
    const operations = await operationsOn(secret, policy);
    expect(await failuresOf(operations, secretsManager.classify)).toEqual(refused(...names));
  });

  test('and reaches no other secret', async () => {
    const { region, account } = inject('aws');
    const [mine, other] = await Promise.all([threeVersions(), threeVersions()]);
    const policy = await policyIn(vaultFile, { REGION: region, ACCOUNT: account, NAME: mine.name });
    const operations = await operationsOn(other, policy);
    expect(await failuresOf(operations, secretsManager.classify)).toEqual(refused(...Object.keys(operations)));
  });

  /** A current version, a previous one, and one that may become current. */
  async function threeVersions() {
    const { secrets } = owner();
    const name = `app/${randomUUID()}`;
    await secrets.createSecret({ Name: name });
    const put = async (text: string, stage: string) =>
      (await secrets.putSecretValue({ SecretId: name, SecretString: text, VersionStages: [stage] })).VersionId ?? '';
    const previous = await put('previous', 'AWSCURRENT');
    const current = await put('current', 'AWSCURRENT');
    return { name, previous, current, next: await put('next', 'green') };
  }

  async function operationsOn(secret: Awaited<ReturnType<typeof threeVersions>>, policy: string): Promise<Operations> {
    const { endpoint, region } = inject('aws');
    const admin = await makeRotator(policy);
    const ctx = testContext({ secrets: admin.secrets });
    const connector = secretsManager as VaultConnector;
    const given = { vault: connector.name, secret: secret.name, region, endpoint, admin: admin.refs };
    const vault = connector.open(connector.schema.parse(given));
    return {
      read: () => vault.read(ctx, 'current'),
      write: () => vault.write(ctx, new Secret('another'), secret.current),
      moveCurrent: () => vault.moveCurrent(ctx, secret.next, secret.current),
      destroy: () => vault.destroy(ctx, secret.previous),
      warnings: () => vault.warnings?.(ctx),
    };
  }
});
