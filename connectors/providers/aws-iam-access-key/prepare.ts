import type { Context, Preparation } from '../../../contract/index.ts';
import { classify } from './classify.ts';
import type { Config } from './config.ts';
import { inventory } from './keys.ts';

const actions = ['CreateAccessKey', 'DeleteAccessKey', 'GetAccessKeyLastUsed', 'ListAccessKeys', 'UpdateAccessKey'];

/** Least privilege for whoever rotates this user's keys. A user in a path other than `/` needs it in the resource. */
export function policyFor(config: Pick<Config, 'user' | 'account'>): object {
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: actions.map((action) => `iam:${action}`),
        Resource: `arn:aws:iam::${config.account ?? '*'}:user/${config.user}`,
      },
    ],
  };
}

export async function prepare(ctx: Context, config: Config, keysMax: number): Promise<Preparation> {
  const problems = await problemsNow(ctx, config, keysMax);
  return { ready: problems.length === 0, problems, script: JSON.stringify(policyFor(config), null, 2) };
}

async function problemsNow(ctx: Context, config: Config, keysMax: number): Promise<string[]> {
  try {
    const keys = await inventory(ctx, config);
    if (keys.length < keysMax) return [];
    return [`IAM user ${config.user} has ${keys.length} access keys: there is no room for a new one`];
  } catch (error) {
    const kind = classify(error);
    if (kind === 'not-found') return [`there is no IAM user ${config.user} in the account of the admin credential`];
    if (kind === 'unauthorized')
      return [`the keys of IAM user ${config.user} cannot be listed: ${(error as Error).name}`];
    throw error;
  }
}
