import { randomBytes } from 'node:crypto';
import { escapeIdentifier, escapeLiteral } from 'pg';
import type { DiscoveryHarness } from '../../../test/conformance/harness.ts';
import { pageSize, principalOf } from './discover.ts';
import { asSuperuser, makeRoles } from './harness.ts';
import { connector } from './index.ts';

export const discovery: DiscoveryHarness = {
  connector: connector as DiscoveryHarness['connector'],
  async setUp() {
    // No grant but what every role has.
    const { config, ctx, drop, given } = await makeRoles('in place', async ({ admin }) => [
      `alter role ${escapeIdentifier(admin)} login`,
    ]);
    const password = randomBytes(12).toString('hex');
    const names = Array.from({ length: pageSize + 1 }, (_, index) => `${config.logins[0]}_${index}`);
    const statements = names.map((name) => {
      return `create role ${escapeIdentifier(name)} login password ${escapeLiteral(password)}`;
    });
    await asSuperuser((sql) => sql.query(statements.join('; ')));
    const made = names.map((name) => principalOf(config, name));
    return { declared: given, ctx, made, values: [password], tearDown: drop };
  },
};
