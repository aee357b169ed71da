import type {
  Context,
  KeyFields,
  KeyValue,
  NewKey,
  Provider,
  ProviderConnector,
  ProviderPowers,
} from '../../../contract/index.ts';
import { KeyturnError, Secret } from '../../../contract/index.ts';
import { askAccepter, runSmokeTest } from './accepter.ts';
import { chooseValue } from './choose.ts';
import { type Config, configSchema, type SmokeTest, smokeTestSchema } from './config.ts';

/** Values that nobody issues: Keyturn chooses them, and those who check them are told (webhook secrets, shared tokens). */
export const connector: ProviderConnector<Config> = {
  kind: 'provider',
  name: 'random',
  schema: configSchema,
  smokeTestSchema,
  fields,
  powers,
  principals: () => [],
  classify: (error) => (error instanceof KeyturnError ? error.kind : undefined),
  open,
};

function fields({ fields: all }: Config): KeyFields {
  const main = mainOf(all);
  const password = all.includes('password') ? 'password' : all.length === 1 ? main : undefined;
  return { all, main, ...(password === undefined ? {} : { password }) };
}

function mainOf(all: readonly string[]): string {
  return all.find((field) => field === 'value') ?? (all[0] as string);
}

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
  const main = mainOf(config.fields);
  return {
    identify: (ctx, value) => identify(ctx, config.fields, value),
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
    smokeTest: async (ctx, value, test) => runSmokeTest(ctx, smokeTestOf(test), fieldOf(value, main)),
  };
}

function smokeTestOf(test: unknown): SmokeTest {
  const parsed = smokeTestSchema.safeParse(test);
  if (parsed.success) return parsed.data;
  throw new KeyturnError('invalid', 'a smoke test of a stored value is {http: {url, header, prefix, expect}}');
}

async function choose(ctx: Context, config: Config): Promise<NewKey> {
  const one = () => new Secret(config.prefix + chooseValue(ctx, config));
  const value: KeyValue = Object.fromEntries(config.fields.map((field) => [field, one()]));
  const id = await identify(ctx, config.fields, value);
  return { key: { id, state: 'active', createdAt: new Date(ctx.now()).toISOString() }, value };
}

/** Pure: a fingerprint of all fields, whatever their order in the catalog. */
async function identify(ctx: Context, names: readonly string[], value: KeyValue): Promise<string> {
  const parts: [string, string][] = [];
  for (const name of [...names].sort()) {
    if (!Object.hasOwn(value, name)) return 'unknown';
    parts.push([name, fieldOf(value, name).reveal()]);
  }
  return `stored/${await ctx.fingerprint(new Secret(JSON.stringify(parts)))}`;
}

function fieldOf(value: KeyValue, field: string): Secret {
  const found = Object.hasOwn(value, field) ? value[field] : undefined;
  if (!found) throw new KeyturnError('invalid', `the stored value has no field '${field}'`);
  return found;
}
