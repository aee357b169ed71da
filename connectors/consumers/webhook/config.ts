import { z } from 'zod';
import { durationSchema, secretRefSchema } from '../../../contract/index.ts';
import { urlProblem } from '../../http/url.ts';

export const configSchema = z
  .strictObject({
    type: z.literal('webhook'),
    /** Where a change is told, by POST. */
    url: z.string(),
    /** Where the attestations are asked for, by GET. Absent: the consumer attests in its answers, or by itself. */
    statusUrl: z.string().optional(),
    /** The HMAC key, `whsec_` and base64. */
    secret: secretRefSchema,
    timeout: durationSchema.prefault('10s').refine((ms) => ms >= 100 && ms <= 60_000, 'between 100ms and 1m'),
    /** Allows plain http to a private address or name. Never to any other. */
    insecure: z.literal(true).optional(),
  })
  .superRefine(({ url, statusUrl, insecure }, issues) => {
    for (const [field, text] of Object.entries({ url, statusUrl })) {
      if (text === undefined) continue;
      const problem = urlProblem(text, { privateHttp: insecure === true });
      if (problem) issues.addIssue({ code: 'custom', path: [field], message: problem });
    }
  })
  .transform(({ timeout, insecure: _, ...rest }) => ({ ...rest, timeoutMs: timeout }));

export type Config = z.infer<typeof configSchema>;
