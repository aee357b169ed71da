import type { Provider, ProviderConnector, ProviderPowers } from '../../../contract/index.ts';
import { KeyturnError } from '../../../contract/index.ts';
import { accepterBacked } from '../../http/accepter-backed.ts';
import { smokeTestSchema } from '../../http/accepter-schema.ts';
import { fingerprintOf, keyFieldsOf } from '../../named-fields.ts';
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

function open(config: Config): Provider {
  return {
    ...accepterBacked(config, {
      message: 'nobody can be asked whether a key made by hand is accepted',
      fix: 'name an accepter in the provider',
    }),
    identify: (ctx, value) => fingerprintOf(ctx, 'manual', { fields: config.fields, value }),
    remove: async () => {},
  };
}
