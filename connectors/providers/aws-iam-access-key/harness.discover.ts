import { randomUUID } from 'node:crypto';
import { inject } from 'vitest';
import type { DiscoveryHarness } from '../../../test/conformance/harness.ts';
import { makeKey, makeRotator, owner, policyIn } from '../../../test/support/aws/places.ts';
import { testContext } from '../../../test/support/context.ts';
import { pageSize, principalOf } from './discover.ts';
import { connector } from './index.ts';

const rights = ['iam:ListUsers', 'iam:ListAccessKeys', 'iam:GetAccessKeyLastUsed'];

export const discovery: DiscoveryHarness = {
  connector: connector as DiscoveryHarness['connector'],
  async setUp() {
    const { account, endpoint } = inject('aws');
    const prefix = `found-${randomUUID().slice(0, 8)}`;
    const users = Array.from({ length: pageSize + 1 }, (_, index) => `${prefix}-${index}`);
    for (const UserName of users) await owner().iam.createUser({ UserName });
    const keys = await Promise.all([users[0] ?? '', users.at(-1) ?? ''].map(makeKey));
    const policy = await policyIn(new URL(import.meta.url), { ACCOUNT: account }, 'policy-discover.json');
    const admin = await makeRotator(policy);
    const lacking = await Promise.all(
      rights.map(async (names) => ({ names, admin: await makeRotator(policy.replace(names, 'iam:GetUser')) })),
    );
    const secrets = Object.assign({}, admin.secrets, ...lacking.map((each) => each.admin.secrets));
    const declared = { type: 'aws-iam-access-key', user: 'any', endpoint };
    return {
      declared: { ...declared, admin: admin.refs },
      ctx: testContext({ secrets }),
      made: [users[0] ?? '', users.at(-1) ?? ''].map((user) => principalOf({ user })),
      values: keys.map(({ secret }) => secret),
      denied: lacking.map((each) => ({ names: each.names, declared: { ...declared, admin: each.admin.refs } })),
      tearDown: async () => {},
    };
  },
};
