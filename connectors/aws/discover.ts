import { type Context, type ErrorKind, KeyturnError } from '../../contract/index.ts';
import { nameOf } from '../references.ts';
import { adminOptions } from './client.ts';
import type { AwsConfig } from './config.ts';

/**
 * Options of a client that lists all of an account. It only reads, so that the SDK may repeat what was throttled, and slow down by itself
 * (https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html).
 */
export async function listingOptions(ctx: Context, config: AwsConfig) {
  return { ...(await adminOptions(ctx, config)), maxAttempts: 8, retryMode: 'adaptive' } as const;
}

/** Whose account is looked through, for people. */
export function accountOf({ admin, endpoint }: AwsConfig): string {
  const key = admin ? nameOf(admin.accessKeyId) : "what the SDK's default chain finds";
  return `with ${key}${endpoint === undefined ? '' : ` at ${endpoint}`}`;
}

const denied = ['AccessDenied', 'AccessDeniedException', 'NotAuthorized'];

/** An answer, or the right that is missing by its name. @param classify of the connector. */
export async function permitted<Answer>(
  right: string,
  answer: Promise<Answer>,
  classify: (error: unknown) => ErrorKind | undefined,
): Promise<Answer> {
  return answer.catch((error: unknown) => {
    if (!(error instanceof Error && denied.includes(error.name)) || classify(error) !== 'unauthorized') throw error;
    throw new KeyturnError('unauthorized', `the right ${right} is missing: ${error.message}`, {
      fix: "give it to the catalog's `admin`, or leave this source out; the connector's README has the policy",
      cause: error,
    });
  });
}
