import type { KeyValue, Provider, ProviderConnector, ProviderPowers } from '../../../contract/index.ts';
import { classify } from './classify.ts';
import { type Config, configSchema } from './config.ts';
import { discover, principalOf, source } from './discover.ts';
import { inventory, mint, remove, setStatus } from './keys.ts';
import { prepare } from './prepare.ts';
import { verify } from './verify.ts';

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const keysMax = 2;

const lagSource =
  'AWS states none for access keys; the default is what it says of last-accessed data, "usually appears within four hours": ' +
  'https://docs.aws.amazon.com/IAM/latest/APIReference/API_GenerateServiceLastAccessedDetails.html';

export const connector: ProviderConnector<Config> = {
  kind: 'provider',
  name: 'aws-iam-access-key',
  schema: configSchema,
  fields: () => ({
    all: ['accessKeyId', 'secretAccessKey'],
    main: 'secretAccessKey',
    user: 'accessKeyId',
    password: 'secretAccessKey',
  }),
  principals: (config) => [principalOf(config)],
  powers,
  source,
  classify,
  open,
};

function powers({ account, lastUsedLagMs, propagationMs, requestsPerMinute }: Config): ProviderPowers {
  return {
    order: 'make-before-break',
    chooses: false,
    verifies: true,
    disables: true,
    tellsUse: true,
    lastUsedLagMs,
    indicative: true,
    countsOurUse: true,
    lagSource,
    keysMax,
    propagationMsMax: propagationMs,
    requestsPerMinute,
    ...(account !== undefined && { rateOf: account }),
  };
}

function open(config: Config): Provider {
  return {
    identify: async (_ctx, value) => identify(value),
    inventory: (ctx) => inventory(ctx, config),
    mint: (ctx) => mint(ctx, config),
    verify: (ctx, value) => verify(ctx, config, value),
    disable: (ctx, key) => setStatus(ctx, config, key, 'Inactive'),
    enable: (ctx, key) => setStatus(ctx, config, key, 'Active'),
    remove: (ctx, key) => remove(ctx, config, key),
    prepare: (ctx) => prepare(ctx, config, keysMax),
    discover: (ctx) => discover(ctx, config),
  };
}

/** `AKIA` marks a long-term key (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html). */
function identify({ accessKeyId, secretAccessKey }: KeyValue): string {
  const id = accessKeyId?.reveal() ?? '';
  return /^AKIA[A-Z0-9]{12,124}$/.test(id) && secretAccessKey?.reveal() ? id : 'unknown';
}
