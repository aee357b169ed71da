import type {
  Context,
  KeyValue,
  NewKey,
  Provider,
  ProviderConnector,
  ProviderPowers,
} from '../../../contract/index.ts';
import { KeyturnError, Secret } from '../../../contract/index.ts';
import { askAccepter, runSmokeTest } from '../../http/accepter.ts';
import { smokeTestSchema } from '../../http/accepter-schema.ts';
import { fieldOf, fingerprintOf, keyFieldsOf } from '../../named-fields.ts';
import { chooseValue } from './choose.ts';
import { type Config, configSchema } from './config.ts';

/** Values that nobody issues: Keyturn chooses them, and those who check them are told (webhook secrets, shared tokens). */
export const connector: ProviderConnector<Config> = {
  kind: 'provider',
  name: 'random',
  schema: configSchema,
  smokeTestSchema,
  fields: ({ fields }) => keyFieldsOf(fields),
  powers,
  principals: () => [],
  classify: (error) => (error instanceof KeyturnError ? error.kind : undefined),
  open,
};

function powers({ accepter, propagationMs }: Config): ProviderPowers {
  return {
    order: 'make-before-break',
    chooses: true,
    verifies: accepter !== undefined,
    disables: false,
    tellsUse: false,
    propagationMsMax: propagationMs,
  };
}

function open(config: Config): Provider {
  const { main } = keyFieldsOf(config.fields);
  return {
    identify: (ctx, value) => fingerprintOf(ctx, 'stored', { fields: config.fields, value }),
    inventory: async (_ctx, held) => [...new Set(held)].map((id) => ({ id, state: 'active' })),
    choose: (ctx) => choose(ctx, config),
    async verify(ctx, value) {
      if (config.accepter) return askAccepter(ctx, config.accepter, fieldOf(value, main));
      throw new KeyturnError('invalid', 'nobody can be asked whether a stored value is accepted', {
        fix: 'name an accepter in the provider, or let those who accept the value attest it',
      });
    },
    // Nothing holds a stored value but its targets and its accepters, and these drop it themselves when they are told.
    remove: async () => {},
    smokeTest: async (ctx, value, test) => runSmokeTest(ctx, test, fieldOf(value, main)),
  };
}

async function choose(ctx: Context, config: Config): Promise<NewKey> {
  const one = () => new Secret(config.prefix + chooseValue(ctx, config));
  const value: KeyValue = Object.fromEntries(config.fields.map((field) => [field, one()]));
  const id = await fingerprintOf(ctx, 'stored', { fields: config.fields, value });
  return { key: { id, state: 'active', createdAt: new Date(ctx.now()).toISOString() }, value };
}
