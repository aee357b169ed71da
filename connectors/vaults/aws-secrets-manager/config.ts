import { z } from 'zod';
import { secretRefSchema } from '../../../contract/index.ts';

/** Plain HTTP only on this machine: everywhere else the values would travel readable. */
const endpointSchema = z.url({ protocol: /^https?$/ }).refine((text) => {
  const url = new URL(text);
  return url.protocol === 'https:' || ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname);
}, 'https, or http on this machine only');

export const configSchema = z
  .strictObject({
    vault: z.literal('aws-secrets-manager'),
    /** Name or complete ARN. */
    secret: z.string().regex(/^[\w/+=.@:-]{1,2048}$/, 'the name or the ARN of a secret'),
    region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'an AWS Region such as eu-central-1'),
    endpoint: endpointSchema.optional(),
    admin: z.strictObject({ accessKeyId: secretRefSchema, secretAccessKey: secretRefSchema }).optional(),
  })
  .refine(({ secret, region }) => (parseArn(secret)?.region ?? region) === region, {
    path: ['region'],
    error: 'the ARN in `secret` names another Region',
  });

export type Config = z.infer<typeof configSchema>;

export interface SecretArn {
  region: string;
  account: string;
  name: string;
}

/** @returns undefined for a plain name. The six characters that AWS puts after the name are taken off. */
export function parseArn(secret: string): SecretArn | undefined {
  const [, region, account, name] = /^arn:[\w-]+:secretsmanager:([\w-]+):(\d{12}):secret:(.+)$/.exec(secret) ?? [];
  if (!region || !account || !name) return undefined;
  return { region, account, name: name.replace(/-[A-Za-z0-9]{6}$/, '') };
}
