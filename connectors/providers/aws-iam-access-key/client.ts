import type { IAM } from '@aws-sdk/client-iam';
import type { STS } from '@aws-sdk/client-sts';
import type { Context, Secret } from '../../../contract/index.ts';
import type { Config } from './config.ts';

// One attempt and a timeout well under an activity's: whoever calls must learn of a lost reply, and must not find out later
// that the client made a second key.
const oneAttempt = {
  maxAttempts: 1,
  requestHandler: { connectionTimeout: 3_000, requestTimeout: 10_000, throwOnRequestTimeout: true },
} as const;

/** Gives `work` an IAM client that signs as the admin, or with what the SDK's default chain finds. */
export async function withIam<Result>(
  ctx: Context,
  config: Config,
  work: (iam: IAM) => Promise<Result>,
): Promise<Result> {
  const sdk = await import('@aws-sdk/client-iam');
  const admin = config.admin && {
    accessKeyId: (await ctx.resolve(config.admin.accessKeyId)).reveal(),
    secretAccessKey: (await ctx.resolve(config.admin.secretAccessKey)).reveal(),
  };
  const iam = new sdk.IAM({ ...place(config), ...oneAttempt, ...(admin && { credentials: admin }) });
  return work(iam).finally(() => iam.destroy());
}

/** Gives `work` an STS client that signs with exactly this key and keeps nothing between calls. */
export async function withSts<Result>(
  config: Config,
  key: { accessKeyId: Secret; secretAccessKey: Secret },
  work: (sts: STS) => Promise<Result>,
): Promise<Result> {
  const sdk = await import('@aws-sdk/client-sts');
  const credentials = { accessKeyId: key.accessKeyId.reveal(), secretAccessKey: key.secretAccessKey.reveal() };
  const sts = new sdk.STS({ ...place(config), ...oneAttempt, credentials });
  return work(sts).finally(() => sts.destroy());
}

function place(config: Config): { region: string; endpoint?: string } {
  return config.endpoint === undefined
    ? { region: config.region }
    : { region: config.region, endpoint: config.endpoint };
}
