import { z } from 'zod';
import { adminSchema, endpointSchema, regionSchema } from '../../aws/config.ts';

export const configSchema = z
  .strictObject({
    vault: z.literal('aws-secrets-manager'),
    /** Name or complete ARN. */
    secret: z.string().regex(/^[\w/+=.@:-]{1,2048}$/, 'the name or the ARN of a secret'),
    region: regionSchema,
    endpoint: endpointSchema.optional(),
    admin: adminSchema.optional(),
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
