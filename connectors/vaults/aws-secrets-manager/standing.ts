import type { DescribeSecretCommandOutput, SecretsManager } from '@aws-sdk/client-secrets-manager';
import { type Context, KeyturnError, Secret, type Stored, type VersionId } from '../../../contract/index.ts';
import type { Config } from './config.ts';

/** `keyturn` is ours: it is on the version that Keyturn stored last, and never moved by anything but a write. */
export const labels = {
  current: 'AWSCURRENT',
  pending: 'AWSPENDING',
  previous: 'AWSPREVIOUS',
  ours: 'keyturn',
} as const;

/** One secret, its client and who asks: what every operation here needs. */
export interface Place {
  ctx: Context;
  config: Config;
  client: SecretsManager;
}

/** Which version has which labels now. A version without any is not in it. */
export interface Standing {
  current: VersionId | 'absent';
  /** Undefined too where AWSPENDING stands on the current version, which is how AWS leaves it after a rotation of its own. */
  pending: VersionId | undefined;
  pendingOnCurrent: boolean;
  labelsOf(version: VersionId): readonly string[];
}

/** @throws KeyturnError `invalid` for a secret that is being deleted. */
export async function look({ client, config, ctx }: Place): Promise<Standing> {
  const found = await client.describeSecret({ SecretId: config.secret }, { abortSignal: ctx.cancelled });
  if (found.DeletedDate) {
    throw new KeyturnError('invalid', `secret ${config.secret} is scheduled for deletion in AWS Secrets Manager`, {
      fix: 'Restore it (aws secretsmanager restore-secret) or take the target out of the catalog.',
    });
  }
  return standingOf(found);
}

function standingOf(found: DescribeSecretCommandOutput): Standing {
  const versions = Object.entries(found.VersionIdsToStages ?? {});
  const holder = (label: string) => versions.find(([, held]) => held.includes(label))?.[0];
  const current = holder(labels.current);
  const pending = holder(labels.pending);
  const pendingOnCurrent = pending !== undefined && pending === current;
  return {
    current: current ?? 'absent',
    pending: pendingOnCurrent ? undefined : pending,
    pendingOnCurrent,
    labelsOf: (version) => versions.find(([id]) => id === version)?.[1] ?? [],
  };
}

/** @throws KeyturnError `invalid` for a binary value. */
export async function fetchValue(
  { client, config, ctx }: Place,
  which: { VersionId: VersionId } | { VersionStage: string },
): Promise<(Stored & { labels: readonly string[] }) | 'absent'> {
  try {
    const found = await client.getSecretValue({ SecretId: config.secret, ...which }, { abortSignal: ctx.cancelled });
    if (found.SecretString === undefined) throw binary(config);
    const createdAt = found.CreatedDate?.toISOString();
    return {
      value: new Secret(found.SecretString),
      version: { id: found.VersionId ?? '', ...(createdAt && { createdAt }) },
      labels: found.VersionStages ?? [],
    };
  } catch (error) {
    if (!isNamed(error, 'ResourceNotFoundException')) throw error;
    // The same error for a secret and for a version that do not exist: only the second is `absent`.
    await client.describeSecret({ SecretId: config.secret }, { abortSignal: ctx.cancelled });
    return 'absent';
  }
}

function binary(config: Config): KeyturnError {
  return new KeyturnError('invalid', `secret ${config.secret} holds a binary value in AWS Secrets Manager`, {
    fix: 'Keyturn reads and writes text: store the value as SecretString.',
  });
}

export function isNamed(error: unknown, ...names: readonly string[]): boolean {
  return error instanceof Error && names.includes(error.name);
}
