import type { IAM } from '@aws-sdk/client-iam';
import type { STS } from '@aws-sdk/client-sts';
import type { Context, Secret } from '../../../contract/index.ts';
import { adminOptions, clientOptions } from '../../aws/client.ts';
import type { Config } from './config.ts';

/** Gives `work` an IAM client that signs as the admin, or with what the SDK's default chain finds. */
export async function withIam<Result>(
  ctx: Context,
  config: Config,
  work: (iam: IAM) => Promise<Result>,
): Promise<Result> {
  const sdk = await import('@aws-sdk/client-iam');
  const iam = new sdk.IAM(await adminOptions(ctx, config));
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
  const sts = new sdk.STS(clientOptions(config, credentials));
  return work(sts).finally(() => sts.destroy());
}
