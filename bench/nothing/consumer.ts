import { z } from 'zod';
import type { Attestation, Change, ConsumerConnector } from '../../contract/index.ts';

const schema = z.strictObject({ type: z.literal('nothing') });

/** Attests at once whatever it is told, for all its instances. */
export const consumer: ConsumerConnector<z.infer<typeof schema>> = {
  kind: 'consumer',
  name: 'nothing',
  schema,
  classify: () => undefined,
  open: () => ({
    refresh: async (_ctx, change) => attested(change),
    attested: async () => 'unknown',
  }),
};

function attested({ instances, keyId, previous, target, verb }: Change): Attestation[] {
  return Array.from({ length: instances }, (_, index) => ({
    instance: `app-${index + 1}`,
    target,
    ...(verb === 'drop' ? { keyId: previous, status: 'dropped' } : { keyId, status: 'loaded' }),
  }));
}
