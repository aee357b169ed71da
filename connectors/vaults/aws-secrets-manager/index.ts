import type { Context, Stored, Vault, VaultConnector, Which } from '../../../contract/index.ts';
import { classify } from './classify.ts';
import { withClient } from './client.ts';
import { type Config, configSchema, parseArn } from './config.ts';
import { discover, locationOf, source } from './discover.ts';
import { destroy, moveCurrent } from './move.ts';
import { fetchValue, labels, type Place } from './standing.ts';
import { warnings } from './warnings.ts';
import { write } from './write.ts';

export const connector: VaultConnector<Config> = {
  kind: 'vault',
  name: 'aws-secrets-manager',
  schema: configSchema,
  location: ({ secret, region }) => {
    const arn = parseArn(secret);
    return locationOf({ region, secret: arn ? `${arn.account}/${arn.name}` : secret });
  },
  powers: () => ({
    staging: true,
    // AWS deletes versions without labels when it likes; no call destroys one.
    destroys: false,
    readsBack: true,
    propagationMsMax: 5_000,
    // 50 writes a second per Region for all of an account's secrets; this leaves the others most of it.
    writesPerMinute: 300,
  }),
  source,
  classify,
  open,
};

function open(config: Config): Vault {
  const at = <Result>(ctx: Context, work: (place: Place) => Promise<Result>) =>
    withClient(ctx, config, (client) => work({ ctx, config, client }));
  return {
    read: (ctx, which) => at(ctx, (place) => read(place, which)),
    write: (ctx, value, expected) => at(ctx, (place) => write(place, value, expected)),
    moveCurrent: (ctx, to, expected) => at(ctx, (place) => moveCurrent(place, to, expected)),
    destroy: (ctx, version) => at(ctx, (place) => destroy(place, version)),
    warnings: (ctx) => at(ctx, warnings),
    discover: (ctx) => discover(ctx, config),
  };
}

async function read(place: Place, which: Which): Promise<Stored | 'absent'> {
  const named = typeof which === 'object' ? { VersionId: which.id } : { VersionStage: labels[which] };
  const found = await fetchValue(place, named);
  if (found === 'absent') return 'absent';
  // After a rotation of its own AWS leaves AWSPENDING on the current version: nothing is pending then.
  if (which === 'pending' && found.labels.includes(labels.current)) return 'absent';
  return { value: found.value, version: found.version };
}
