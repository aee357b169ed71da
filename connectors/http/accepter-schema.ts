import { z } from 'zod';
import { durationSchema } from '../../contract/index.ts';
import { urlProblem } from './url.ts';

const headerName = z
  .string()
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'a name of an HTTP header (RFC 9110, section 5.1)')
  .refine(
    (name) => !/^(host|connection|content-length|transfer-encoding|upgrade|te|trailer|keep-alive|expect)$/i.test(name),
    'a header that may carry a value, not one of the connection',
  );

/** The value travels in the header: never over plain http to another machine. */
const valueUrl = z.string().superRefine((text, issues) => {
  const problem = urlProblem(text, { privateHttp: false });
  if (problem) issues.addIssue({ code: 'custom', message: problem });
});

const headerPrefix = z.string().regex(/^[\x20-\x7e]*$/, 'printable ASCII');

/** Who can be asked whether a value is accepted, with the value in a header. */
export const accepterSchema = z
  .strictObject({
    url: valueUrl,
    header: headerName.default('Authorization'),
    prefix: headerPrefix.default('Bearer '),
    method: z.enum(['GET', 'HEAD', 'POST']).default('GET'),
    timeout: durationSchema.prefault('10s'),
  })
  .transform(({ timeout, ...rest }) => ({ ...rest, timeoutMs: timeout }));
export type Accepter = z.infer<typeof accepterSchema>;

export const smokeTestSchema = z.strictObject({
  http: z.strictObject({
    url: valueUrl,
    header: headerName.default('Authorization'),
    prefix: headerPrefix.default('Bearer '),
    /** The one status that passes. Absent: any 2xx. */
    expect: z.int().min(200).max(599).optional(),
  }),
});
export type SmokeTest = z.infer<typeof smokeTestSchema>;
