import { randomUUID } from 'node:crypto';
import { inject } from 'vitest';
import type { Harness, VaultCase, VaultSetup } from '../../../test/conformance/harness.ts';
import { asAdmin, makeRotator, nowhere, owner, policyIn } from '../../../test/support/aws/places.ts';
import { testContext } from '../../../test/support/context.ts';
import { connector } from './index.ts';

export const harness: Harness<VaultCase> = {
  cases: [{ name: 'aws-secrets-manager', connector, setUp }],
};

async function setUp(): Promise<VaultSetup> {
  const { endpoint, region, account } = inject('aws');
  const secret = `app/${randomUUID()}`;
  await owner().secrets.createSecret({ Name: secret });
  const policy = await policyIn(new URL('policy.json', import.meta.url), {
    REGION: region,
    ACCOUNT: account,
    NAME: secret,
  });
  const admin = await makeRotator(policy);
  const stranger = asAdmin({ id: `AKIA${'Z'.repeat(16)}`, secret: 'x' });
  const config = { vault: 'aws-secrets-manager', secret, region, endpoint, admin: admin.refs };
  const parse = (changes: object) => connector.schema.parse({ ...config, ...changes });
  return {
    vault: connector.open(parse({})),
    again: connector.open(parse({})),
    powers: connector.powers(parse({})),
    ctx: testContext({ secrets: { ...admin.secrets, ...stranger.secrets } }),
    unreachable: connector.open(parse({ endpoint: await nowhere() })),
    denied: connector.open(parse({ admin: stranger.refs })),
    tearDown: async () => {},
  };
}
