import type { SecretsManager } from '@aws-sdk/client-secrets-manager';
import type { Context } from '../../../contract/index.ts';
import type { Config } from './config.ts';

/**
 * Gives `work` a client that signs as the admin, or with what the SDK's default chain finds. It tries once, and for less long than
 * an activity: whoever called decides what a lost reply means.
 */
export async function withClient<Result>(
  ctx: Context,
  config: Config,
  work: (client: SecretsManager) => Promise<Result>,
): Promise<Result> {
  const sdk = await import('@aws-sdk/client-secrets-manager');
  const admin = config.admin && {
    accessKeyId: (await ctx.resolve(config.admin.accessKeyId)).reveal(),
    secretAccessKey: (await ctx.resolve(config.admin.secretAccessKey)).reveal(),
  };
  const client = new sdk.SecretsManager({
    region: config.region,
    ...(config.endpoint !== undefined && { endpoint: config.endpoint }),
    ...(admin && { credentials: admin }),
    maxAttempts: 1,
    requestHandler: { connectionTimeout: 3_000, requestTimeout: 10_000, throwOnRequestTimeout: true },
  });
  return work(client).finally(() => client.destroy());
}
