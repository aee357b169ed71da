import { z } from 'zod';
import { durationSchema, secretRefSchema } from '../../../contract/index.ts';

const fourHours = '4h';
const fifteenSeconds = '15s';

/** Plain HTTP only on this machine: everywhere else the answers to CreateAccessKey would travel readable. */
const endpointSchema = z.url({ protocol: /^https?$/ }).refine((text) => {
  const url = new URL(text);
  return url.protocol === 'https:' || ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname);
}, 'https, or http on this machine only');

export const configSchema = z
  .strictObject({
    type: z.literal('aws-iam-access-key'),
    /** IAM user name, without its path. */
    user: z.string().regex(/^[\w+=,.@-]{1,64}$/, 'the name of an IAM user, without its path'),
    account: z
      .string()
      .regex(/^\d{12}$/, 'an AWS account id: twelve digits, in quotes')
      .optional(),
    region: z
      .string()
      .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'an AWS Region such as eu-central-1')
      .default('us-east-1'),
    endpoint: endpointSchema.optional(),
    admin: z.strictObject({ accessKeyId: secretRefSchema, secretAccessKey: secretRefSchema }).optional(),
    lastUsedLag: durationSchema.prefault(fourHours),
    propagation: durationSchema.prefault(fifteenSeconds),
  })
  .transform(({ lastUsedLag, propagation, ...rest }) => ({
    ...rest,
    lastUsedLagMs: lastUsedLag,
    propagationMs: propagation,
  }));

export type Config = z.infer<typeof configSchema>;
