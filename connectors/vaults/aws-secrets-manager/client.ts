import type { SecretsManager } from '@aws-sdk/client-secrets-manager';
import type { Context } from '../../../contract/index.ts';
import { adminOptions } from '../../aws/client.ts';
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
  const client = new sdk.SecretsManager(await adminOptions(ctx, config));
  return work(client).finally(() => client.destroy());
}
