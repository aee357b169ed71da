import type { KeyFields, Provider, ProviderConnector, ProviderPowers } from '../../../contract/index.ts';
import { classify } from '../../postgres/classify.ts';
import { apply, disable, enable } from './change.ts';
import { choose } from './choose.ts';
import { type Config, configSchema, isInPlace } from './config.ts';
import { discover, principalOf, source } from './discover.ts';
import { inventory } from './keys.ts';
import { keyIdOf } from './place.ts';
import { prepare } from './prepare.ts';
import { remove } from './remove.ts';
import { smokeTest, smokeTestSchema } from './smoke-test.ts';
import { loginIn, verify } from './verify.ts';

const fields: KeyFields = { all: ['user', 'password'], main: 'password', user: 'user', password: 'password' };

/** Passwords of PostgreSQL logins: of two alternating ones, or of one that is changed in place. */
export const connector: ProviderConnector<Config> = {
  kind: 'provider',
  name: 'postgres',
  schema: configSchema,
  fields: () => fields,
  smokeTestSchema,
  principals: (config) => config.logins.map((login) => principalOf(config, login)),
  powers,
  source,
  classify,
  open,
};

/** A committed change holds for the very next connection: there is nothing to propagate. */
const common = { chooses: true, verifies: true, propagationMsMax: 0 } as const;

function powers(config: Config): ProviderPowers {
  // Which password a session began with is not to be seen: of a single login no use can be told apart.
  if (isInPlace(config)) return { ...common, order: 'in-place', disables: false, tellsUse: false };
  return {
    ...common,
    order: 'make-before-break',
    disables: true,
    tellsUse: true,
    lastUsedLagMs: 0,
    // What is open now is seen at once; a session that has come and gone between two looks is not.
    indicative: true,
    lagSource: 'https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-ACTIVITY-VIEW',
    keysMax: config.logins.length,
  };
}

function open(config: Config): Provider {
  return {
    async identify(ctx, value) {
      const login = loginIn(config, value);
      return login ? keyIdOf(login.user, await ctx.fingerprint(login.password)) : 'unknown';
    },
    inventory: (ctx, held) => inventory(ctx, config, held),
    choose: (ctx, standing) => choose(ctx, config, standing),
    apply: (ctx, chosen, expected) => apply(ctx, config, chosen, expected),
    verify: (ctx, value) => verify(ctx, config, value),
    ...(isInPlace(config)
      ? {}
      : { disable: (ctx, key) => disable(ctx, config, key), enable: (ctx, key) => enable(ctx, config, key) }),
    remove: (ctx, key) => remove(ctx, config, key),
    smokeTest: (ctx, value, test) => smokeTest(ctx, config, value, test),
    prepare: (ctx) => prepare(ctx, config),
    discover: (ctx) => discover(ctx, config),
  };
}
