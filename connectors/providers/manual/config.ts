import { z } from 'zod';
import { durationSchema } from '../../../contract/index.ts';
import { accepterSchema } from '../../http/accepter-schema.ts';
import { fieldNamesSchema } from '../../named-fields.ts';

export const configSchema = z
  .strictObject({
    type: z.literal('manual'),
    /** Where a person makes and revokes keys: an address, or words. */
    where: z
      .string()
      .min(1)
      .max(300)
      .regex(/^[^\p{C}\u2028\u2029]*$/u, 'one line')
      .optional(),
    fields: fieldNamesSchema,
    accepter: accepterSchema.optional(),
    propagation: durationSchema.default(0),
  })
  .transform(({ propagation, ...rest }) => ({ ...rest, propagationMs: propagation }));
export type Config = z.infer<typeof configSchema>;
