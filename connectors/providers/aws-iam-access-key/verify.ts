import { type Context, KeyturnError, type KeyValue, type Verdict } from '../../../contract/index.ts';
import { isClockSkew } from '../../aws/errors.ts';
import { withSts } from './client.ts';
import type { Config } from './config.ts';

const refusals = [
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'SignatureDoesNotMatch',
  'UnrecognizedClientException',
];

/**
 * Signs GetCallerIdentity with the key. It needs no permission, so the answer is about the key alone
 * (https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html).
 * @throws KeyturnError `invalid` when the key works but is not the configured user's, and when this machine's clock is wrong.
 */
export async function verify(ctx: Context, config: Config, value: KeyValue): Promise<Verdict> {
  const { accessKeyId, secretAccessKey } = value;
  if (!accessKeyId?.reveal() || !secretAccessKey?.reveal()) {
    throw new KeyturnError('invalid', 'an AWS access key needs accessKeyId and secretAccessKey; one of them is empty', {
      fix: "Let the target's `value` map both fields.",
    });
  }
  try {
    const identity = await withSts(config, { accessKeyId, secretAccessKey }, (sts) =>
      sts.getCallerIdentity({}, { abortSignal: ctx.cancelled }),
    );
    return accepted(config, identity.Arn ?? '', identity.Arn ?? 'no ARN');
  } catch (error) {
    return verdictOf(config, error);
  }
}

function verdictOf(config: Config, error: unknown): Verdict {
  const { name, message } = error as Error;
  if (isClockSkew(error)) {
    throw new KeyturnError('invalid', `AWS STS cannot check the key: this machine's clock is wrong (${name})`, {
      fix: 'Synchronise the clock of the worker: AWS allows a few minutes of difference.',
      cause: error,
    });
  }
  if (refusals.includes(name)) return { verdict: 'refused', answer: name };
  // An endpoint's or organisation's policy may deny the call, but only once it knows who is calling.
  const caller = /^AccessDenied/.test(name) ? /User: (arn:\S+) is not authorized/.exec(message)?.[1] : undefined;
  if (caller) return accepted(config, caller, name);
  throw error;
}

/** Partitions begin with `aws`: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html */
function accepted(config: Config, arn: string, answer: string): Verdict {
  const [, account, name] = /^arn:aws[\w-]*:iam::(\d{12}):user\/(?:.*\/)?([^/]+)$/.exec(arn) ?? [];
  const isOurs =
    name?.toLowerCase() === config.user.toLowerCase() && (config.account === undefined || account === config.account);
  if (isOurs) return { verdict: 'accepted', answer };
  throw new KeyturnError('invalid', `the key works but belongs to ${arn}, not to IAM user ${config.user}`, {
    fix: 'Correct `user` and `account` of the provider, or the value in the target.',
  });
}
