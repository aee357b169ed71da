import { z } from 'zod';
import { durationSchema } from '../../../contract/index.ts';
import { adminSchema, endpointSchema, regionSchema } from '../../aws/config.ts';

const fourHours = '4h';
const fifteenSeconds = '15s';

export const configSchema = z
  .strictObject({
    type: z.literal('aws-iam-access-key'),
    /** IAM user name, without its path. */
    user: z.string().regex(/^[\w+=,.@-]{1,64}$/, 'the name of an IAM user, without its path'),
    account: z
      .string()
      .regex(/^\d{12}$/, 'an AWS account id: twelve digits, in quotes')
      .optional(),
    region: regionSchema.default('us-east-1'),
    endpoint: endpointSchema.optional(),
    admin: adminSchema.optional(),
    lastUsedLag: durationSchema.prefault(fourHours),
    propagation: durationSchema.prefault(fifteenSeconds),
    requestsPerMinute: z.int().min(1).max(100_000).default(300),
  })
  .transform(({ lastUsedLag, propagation, ...rest }) => ({
    ...rest,
    lastUsedLagMs: lastUsedLag,
    propagationMs: propagation,
  }));

export type Config = z.infer<typeof configSchema>;
