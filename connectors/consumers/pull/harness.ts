import type { ConsumerCase, Harness } from '../../../test/conformance/harness.ts';
import { testContext } from '../../../test/support/context.ts';
import { connector } from './index.ts';

export const harness: Harness<ConsumerCase> = {
  cases: [
    {
      name: 'pull',
      connector,
      setUp: async () => ({
        consumer: connector.open(connector.schema.parse({ type: 'pull' })),
        ctx: testContext(),
        change: {
          deliveryId: 'rotation-1/orders/use/key-2/1',
          rotation: 'rotation-1',
          credential: 'production/orders/TOKEN',
          target: 'main',
          verb: 'use',
          keyId: 'key-2',
          version: 'version-2',
          previous: 'key-1',
          instances: 1,
        },
        received: () => [],
        attest: () => {},
        tearDown: async () => {},
      }),
    },
  ],
};
