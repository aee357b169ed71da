import { randomUUID } from 'node:crypto';
import { inject } from 'vitest';
import type { DiscoveryHarness } from '../../../test/conformance/harness.ts';
import { makeRotator, owner, policyIn } from '../../../test/support/aws/places.ts';
import { testContext } from '../../../test/support/context.ts';
import { locationOf, pageSize } from './discover.ts';
import { connector } from './index.ts';

export const discovery: DiscoveryHarness = {
  connector: connector as DiscoveryHarness['connector'],
  async setUp() {
    const { endpoint, region } = inject('aws');
    const prefix = `found/${randomUUID().slice(0, 8)}`;
    const names = Array.from({ length: pageSize + 1 }, (_, index) => `${prefix}/${index}`);
    const value = randomUUID();
    for (const Name of names) await owner().secrets.createSecret({ Name, SecretString: value });
    const policy = await policyIn(new URL(import.meta.url), {}, 'policy-discover.json');
    const [admin, lacking] = [
      await makeRotator(policy),
      await makeRotator(policy.replace('ListSecrets', 'TagResource')),
    ];
    const declared = { vault: 'aws-secrets-manager', secret: 'any', region, endpoint };
    return {
      declared: { ...declared, admin: admin.refs },
      ctx: testContext({ secrets: { ...admin.secrets, ...lacking.secrets } }),
      made: names.map((secret) => locationOf({ region, secret })),
      values: [value],
      denied: [{ declared: { ...declared, admin: lacking.refs }, names: 'secretsmanager:ListSecrets' }],
      tearDown: async () => {},
    };
  },
};
