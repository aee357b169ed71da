import type { AccessKeyLastUsed, AccessKeyMetadata, IAM } from '@aws-sdk/client-iam';
import { type Context, type Key, KeyturnError, type NewKey, Secret } from '../../../contract/index.ts';
import { withIam } from './client.ts';
import type { Config } from './config.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_AccessKeyLastUsed.html */
const trackedSince = new Date('2015-04-22T00:00:00Z');

export function inventory(ctx: Context, config: Config): Promise<Key[]> {
  return withIam(ctx, config, (iam) => listKeys(iam, ctx, config));
}

async function listKeys(iam: IAM, ctx: Context, config: Config): Promise<Key[]> {
  const keys: Key[] = [];
  for await (const page of iam.paginateListAccessKeys({ UserName: config.user })) {
    for (const listed of present(page.AccessKeyMetadata, 'ListAccessKeys')) {
      const key = await describeKey(iam, ctx, listed);
      if (key) keys.push(key);
    }
    ctx.cancelled.throwIfAborted();
  }
  return keys;
}

async function describeKey(iam: IAM, ctx: Context, listed: AccessKeyMetadata): Promise<Key | undefined> {
  const id = present(listed.AccessKeyId, 'ListAccessKeys');
  const used = await unlessGone(iam.getAccessKeyLastUsed({ AccessKeyId: id }, { abortSignal: ctx.cancelled }));
  if (used === undefined) return undefined;
  return {
    id,
    state: stateOf(listed.Status),
    ...(listed.CreateDate && { createdAt: listed.CreateDate.toISOString() }),
    lastUse: lastUse(listed.CreateDate, present(used.AccessKeyLastUsed, 'GetAccessKeyLastUsed')),
  };
}

/** An answer without what it is for says nothing: neither that there are no keys, nor that one was never used. */
export function present<T>(part: T | undefined, operation: string): T {
  if (part !== undefined) return part;
  throw new KeyturnError('transient', `AWS IAM, or something in its place, answered ${operation} with something else`);
}

export function stateOf(status: string | undefined): Key['state'] {
  if (status === 'Active') return 'active';
  if (status === 'Inactive') return 'disabled';
  return present<Key['state']>(undefined, 'ListAccessKeys');
}

/** No date means: not since 22 April 2015. For an older key, or one of unknown age, that is not "never". */
export function lastUse(createdAt: Date | undefined, used: AccessKeyLastUsed): NonNullable<Key['lastUse']> {
  if (used.LastUsedDate) return { at: used.LastUsedDate.toISOString(), by: `${used.ServiceName} in ${used.Region}` };
  return createdAt && createdAt >= trackedSince ? 'never' : 'unknown';
}

/** One CreateAccessKey. When its reply is lost the key exists and nobody has its secret: the next inventory shows it. */
export function mint(ctx: Context, config: Config): Promise<NewKey> {
  return withIam(ctx, config, async (iam) => {
    try {
      const { AccessKey: made } = await iam.createAccessKey({ UserName: config.user }, { abortSignal: ctx.cancelled });
      return newKey(made);
    } catch (error) {
      if (isUnreadable(error)) throw unclear();
      throw isNamed(error, 'LimitExceededException') ? await atLimit(iam, ctx, config, error) : error;
    }
  });
}

function newKey(made: { AccessKeyId?: string; SecretAccessKey?: string; CreateDate?: Date } | undefined): NewKey {
  if (!made?.AccessKeyId || !made.SecretAccessKey) throw unclear();
  return {
    key: {
      id: made.AccessKeyId,
      state: 'active',
      ...(made.CreateDate && { createdAt: made.CreateDate.toISOString() }),
      lastUse: 'never',
    },
    value: { accessKeyId: new Secret(made.AccessKeyId), secretAccessKey: new Secret(made.SecretAccessKey) },
  };
}

function unclear(): KeyturnError {
  return new KeyturnError('ambiguous', 'AWS IAM answered CreateAccessKey without a key: it may have made one');
}

/** The parser's error quotes what it could not read, which may be the new secret. */
function isUnreadable(error: unknown): boolean {
  return error instanceof Error && '$response' in error && !('$fault' in error);
}

async function atLimit(iam: IAM, ctx: Context, config: Config, cause: unknown): Promise<KeyturnError> {
  const keys = await listKeys(iam, ctx, config);
  const message = `IAM user ${config.user} has all the access keys that AWS allows: ${keys.map(inWords).join('; ')}`;
  return new KeyturnError('limit', message, {
    fix: 'Name the one that may go in the request, as `replace: <its id>`. Keyturn never picks one by itself.',
    cause,
  });
}

function inWords({ id, state, createdAt = 'at an unknown time', lastUse }: Key): string {
  const used = typeof lastUse === 'object' ? `last used ${lastUse.at} by ${lastUse.by}` : `last use: ${lastUse}`;
  return `${id} (${state}, made ${createdAt}, ${used})`;
}

/** Sets what the key already is: AWS answers with success. @throws NoSuchEntityException. */
export function setStatus(ctx: Context, config: Config, key: Key, status: 'Active' | 'Inactive'): Promise<void> {
  return withIam(ctx, config, async (iam) => {
    const change = { UserName: config.user, AccessKeyId: key.id, Status: status };
    await iam.updateAccessKey(change, { abortSignal: ctx.cancelled });
  });
}

export function remove(ctx: Context, config: Config, key: Key): Promise<void> {
  return withIam(ctx, config, async (iam) => {
    const named = { UserName: config.user, AccessKeyId: key.id };
    await unlessGone(iam.deleteAccessKey(named, { abortSignal: ctx.cancelled }));
  });
}

export async function unlessGone<Result>(answer: Promise<Result>): Promise<Result | undefined> {
  return answer.catch((error: unknown) => {
    if (isNamed(error, 'NoSuchEntityException')) return undefined;
    throw error;
  });
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}
