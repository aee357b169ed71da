import type { AccessKeyMetadata, IAM, User } from '@aws-sdk/client-iam';
import type { Context, Discovered, Discovery } from '../../../contract/index.ts';
import { accountOf, listingOptions, permitted } from '../../aws/discover.ts';
import { classify } from './classify.ts';
import type { Config } from './config.ts';
import { lastUse, present, stateOf, unlessGone } from './keys.ts';

export const pageSize = 100;

export function source(config: Config): string {
  return `AWS IAM, ${accountOf(config)}`;
}

/** The access keys of every user, one page of users at a time, one call after the other. */
export async function* discover(ctx: Context, config: Config): Discovery {
  const sdk = await import('@aws-sdk/client-iam');
  const iam = new sdk.IAM(await listingOptions(ctx, config));
  try {
    let marker: string | undefined;
    do {
      const page = await listUsers(ctx, iam, marker);
      const found: Discovered[] = [];
      for (const user of present(page.Users, 'ListUsers')) found.push(...(await keysOf(ctx, config, iam, user)));
      yield found;
      marker = page.IsTruncated ? present(page.Marker, 'ListUsers') : undefined;
    } while (marker !== undefined);
  } finally {
    iam.destroy();
  }
}

function listUsers(ctx: Context, iam: IAM, marker: string | undefined) {
  const request = { MaxItems: pageSize, ...(marker !== undefined && { Marker: marker }) };
  return permitted('iam:ListUsers', iam.listUsers(request, { abortSignal: ctx.cancelled }), classify);
}

async function keysOf(ctx: Context, config: Config, iam: IAM, user: User): Promise<Discovered[]> {
  ctx.heartbeat();
  const UserName = present(user.UserName, 'ListUsers');
  // At most two: there is no second page.
  const listing = iam.listAccessKeys({ UserName }, { abortSignal: ctx.cancelled });
  const listed = await unlessGone(permitted('iam:ListAccessKeys', listing, classify));
  const keys = listed ? present(listed.AccessKeyMetadata, 'ListAccessKeys') : [];
  const found: Discovered[] = [];
  for (const key of keys) {
    const one = await discovered(ctx, config, iam, { name: UserName, arn: user.Arn }, key);
    if (one) found.push(one);
  }
  return found;
}

async function discovered(
  ctx: Context,
  config: Config,
  iam: IAM,
  user: { name: string; arn: string | undefined },
  { AccessKeyId, CreateDate, Status }: AccessKeyMetadata,
): Promise<Discovered | undefined> {
  const id = present(AccessKeyId, 'ListAccessKeys');
  const asking = iam.getAccessKeyLastUsed({ AccessKeyId: id }, { abortSignal: ctx.cancelled });
  const used = await unlessGone(permitted('iam:GetAccessKeyLastUsed', asking, classify));
  if (used === undefined) return undefined;
  const { admin, endpoint, region } = config;
  const account = user.arn?.match(/^arn:[\w-]+:iam::(\d{12}):/)?.[1];
  const { name } = user;
  return {
    name: `${name} ${id}`,
    named: {
      anywhere: account === undefined ? [] : [principalOf({ account, user: name })],
      // Which account the default is depends on who asks.
      here: [principalOf({ user: name })],
    },
    keyId: id,
    ...(CreateDate && { createdAt: CreateDate.toISOString() }),
    lastUse: lastUse(CreateDate, present(used.AccessKeyLastUsed, 'GetAccessKeyLastUsed')),
    notes: stateOf(Status) === 'disabled' ? ['disabled'] : [],
    declares: { type: 'aws-iam-access-key', user: name, account, region, endpoint, admin },
  };
}

/** IAM user names differ by more than case within an account. */
export function principalOf({ account, user }: { account?: string | undefined; user: string }): string {
  return `aws iam user ${account ?? '(default account)'}/${user.toLowerCase()}`;
}
