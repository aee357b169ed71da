import type { Context } from '../../contract/index.ts';
import type { AwsConfig } from './config.ts';

/**
 * One attempt and a timeout well under an activity's: whoever calls decides what a lost reply means, and must not find out later
 * that the client did it twice.
 */
const oneAttempt = {
  maxAttempts: 1,
  requestHandler: { connectionTimeout: 3_000, requestTimeout: 10_000, throwOnRequestTimeout: true },
} as const;

export interface KeyPair {
  accessKeyId: string;
  secretAccessKey: string;
}

/** Options of a client that signs with exactly this key, or with what the SDK's default chain finds. */
export function clientOptions({ endpoint, region }: AwsConfig, credentials?: KeyPair) {
  return {
    ...oneAttempt,
    region,
    ...(endpoint !== undefined && { endpoint }),
    ...(credentials && { credentials }),
  };
}

/** Options of a client that signs as the admin. */
export async function adminOptions(ctx: Context, config: AwsConfig) {
  if (!config.admin) return clientOptions(config);
  return clientOptions(config, {
    accessKeyId: (await ctx.resolve(config.admin.accessKeyId)).reveal(),
    secretAccessKey: (await ctx.resolve(config.admin.secretAccessKey)).reveal(),
  });
}
