import { z } from 'zod';
import type { ConsumerConnector } from '../../../contract/index.ts';

const configSchema = z.strictObject({ type: z.literal('pull') });

/** A consumer that looks for itself and attests by signal: it can be neither told nor asked. */
export const connector: ConsumerConnector<z.infer<typeof configSchema>> = {
  kind: 'consumer',
  name: 'pull',
  schema: configSchema,
  classify: () => undefined,
  open: () => ({ refresh: async () => [], attested: async () => 'unknown' }),
};
