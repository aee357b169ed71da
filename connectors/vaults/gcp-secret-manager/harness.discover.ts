import { inject } from 'vitest';
import type { DiscoveryHarness } from '../../../test/conformance/harness.ts';
import { clientFor } from './client.ts';
import { locationOf, pageSize } from './discover.ts';
import { configFor, googleContext, makeSecret } from './harness.ts';
import { connector } from './index.ts';

export const discovery: DiscoveryHarness = {
  connector: connector as DiscoveryHarness['connector'],
  async setUp() {
    const google = inject('google');
    const ctx = googleContext(google);
    const secrets: string[] = [];
    while (secrets.length <= pageSize) secrets.push(await makeSecret(google, ctx));
    const [any = ''] = secrets;
    const owner = await clientFor(ctx, configFor(google, any, { as: 'owner' }));
    const value = 'kt-discovered-value';
    await owner.addSecretVersion({ parent: any, payload: { data: Buffer.from(value) } });
    const { host, port, caFile } = google;
    const declaredAs = (account: string) => ({
      ...{ vault: 'gcp-secret-manager', secret: any },
      ...{ endpoint: { host, port, caFile }, credentials: { file: `${account}.json` } },
    });
    return {
      declared: declaredAs('discover'),
      ctx,
      made: secrets.map(locationOf),
      values: [value],
      denied: [{ declared: declaredAs('latest'), names: 'secretmanager.secrets.list' }],
      async tearDown() {
        for (const name of secrets) await owner.deleteSecret({ name });
      },
    };
  },
};
