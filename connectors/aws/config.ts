import { z } from 'zod';
import { secretRefSchema } from '../../contract/index.ts';

/** Another address of the same API. Plain HTTP only on this machine: everywhere else values would travel readable. */
export const endpointSchema = z.url({ protocol: /^https?$/ }).refine((text) => {
  // What is no URL has been said to be none; this is judged all the same.
  if (!URL.canParse(text)) return true;
  const url = new URL(text);
  return url.protocol === 'https:' || ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname);
}, 'https, or http on this machine only');

export const regionSchema = z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'an AWS Region such as eu-central-1');

/** Who acts; absent: what the SDK's default chain finds. */
export const adminSchema = z.strictObject({ accessKeyId: secretRefSchema, secretAccessKey: secretRefSchema });

export interface AwsConfig {
  region: string;
  endpoint?: string;
  admin?: z.infer<typeof adminSchema>;
}
