import type { Context, Vault, VaultConnector } from '../../../contract/index.ts';
import { AliasVault } from './alias.ts';
import { classify } from './classify.ts';
import { type Config, locationOf, schema } from './config.ts';
import { discover, locationOf as placeOf, source } from './discover.ts';
import { NewestVault } from './newest.ts';

/** Google Secret Manager, global and regional secrets. See README.md for the two ways to read a target. */
export const connector: VaultConnector<Config> = {
  kind: 'vault',
  name: 'gcp-secret-manager',
  schema,
  location: ({ secret }) => placeOf(secret),
  powers: (config) => ({
    staging: config.readers === 'alias',
    destroys: true,
    readsBack: true,
    // Google: "typically converge within minutes" (https://cloud.google.com/secret-manager/docs/reference/consistency).
    propagationMsMax: 5 * 60_000,
    // Per secret (https://cloud.google.com/secret-manager/quotas).
    writesPerMinute: locationOf(config.secret) ? 4_800 : 120,
    rateOf: config.secret,
  }),
  source,
  classify,
  open,
};

function open(config: Config): Vault {
  const vault = config.readers === 'alias' ? new AliasVault(config) : new NewestVault(config);
  return Object.assign(vault, { discover: (ctx: Context) => discover(ctx, config) });
}
