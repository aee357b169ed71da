import type {
  Context,
  KeyValue,
  NewKey,
  Provider,
  ProviderConnector,
  ProviderPowers,
} from '../../../contract/index.ts';
import { KeyturnError, Secret } from '../../../contract/index.ts';
import { accepterBacked } from '../../http/accepter-backed.ts';
import { smokeTestSchema } from '../../http/accepter-schema.ts';
import { fingerprintOf, keyFieldsOf } from '../../named-fields.ts';
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
  return {
    ...accepterBacked(config, {
      message: 'nobody can be asked whether a stored value is accepted',
      fix: 'name an accepter in the provider, or let those who accept the value attest it',
    }),
    identify: (ctx, value) => fingerprintOf(ctx, 'stored', { fields: config.fields, value }),
    choose: (ctx) => choose(ctx, config),
    // Nothing holds a stored value but its targets and its accepters, and these drop it themselves when they are told.
    remove: async () => {},
  };
}

async function choose(ctx: Context, config: Config): Promise<NewKey> {
  const one = () => new Secret(config.prefix + chooseValue(ctx, config));
  const value: KeyValue = Object.fromEntries(config.fields.map((field) => [field, one()]));
  const id = await fingerprintOf(ctx, 'stored', { fields: config.fields, value });
  return { key: { id, state: 'active', createdAt: new Date(ctx.now()).toISOString() }, value };
}
