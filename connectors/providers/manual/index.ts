import type { Provider, ProviderConnector, ProviderPowers } from '../../../contract/index.ts';
import { KeyturnError } from '../../../contract/index.ts';
import { askAccepter, runSmokeTest } from '../../http/accepter.ts';
import { smokeTestSchema } from '../../http/accepter-schema.ts';
import { fieldOf, fingerprintOf, keyFieldsOf } from '../../named-fields.ts';
import { type Config, configSchema } from './config.ts';

/** Keys of a console without an API: a person makes and revokes them, Keyturn does everything between. */
export const connector: ProviderConnector<Config> = {
  kind: 'provider',
  name: 'manual',
  schema: configSchema,
  smokeTestSchema,
  fields: ({ fields }) => keyFieldsOf(fields),
  powers,
  principals: () => [],
  classify: (error) => (error instanceof KeyturnError ? error.kind : undefined),
  open,
};

function powers({ accepter, propagationMs, where }: Config): ProviderPowers {
  return {
    order: 'make-before-break',
    chooses: false,
    byHand: where === undefined ? {} : { where },
    verifies: accepter !== undefined,
    disables: false,
    tellsUse: false,
    propagationMsMax: propagationMs,
  };
}

function open({ accepter, fields }: Config): Provider {
  const { main } = keyFieldsOf(fields);
  return {
    identify: (ctx, value) => fingerprintOf(ctx, 'manual', { fields, value }),
    inventory: async (_ctx, held) => [...new Set(held)].map((id) => ({ id, state: 'active' })),
    async verify(ctx, value) {
      if (accepter) return askAccepter(ctx, accepter, fieldOf(value, main));
      throw new KeyturnError('invalid', 'nobody can be asked whether a key made by hand is accepted', {
        fix: 'name an accepter in the provider',
      });
    },
    remove: async () => {},
    smokeTest: async (ctx, value, test) => runSmokeTest(ctx, test, fieldOf(value, main)),
  };
}
