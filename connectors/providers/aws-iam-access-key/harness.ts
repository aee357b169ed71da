import { randomBytes } from 'node:crypto';
import { STS } from '@aws-sdk/client-sts';
import { inject } from 'vitest';
import { type KeyValue, Secret } from '../../../contract/index.ts';
import type { Harness, ProviderCase, ProviderSetup } from '../../../test/conformance/harness.ts';
import {
  type AccessKey,
  asAdmin,
  makeKey,
  makeRotator,
  makeUser,
  nowhere,
  policyIn,
} from '../../../test/support/aws/places.ts';
import { testContext } from '../../../test/support/context.ts';
import { connector } from './index.ts';

export const harness: Harness<ProviderCase> = {
  cases: [{ name: 'aws-iam-access-key', connector, setUp }],
};

async function setUp(): Promise<ProviderSetup> {
  const { endpoint, account } = inject('aws');
  const user = await makeUser('app');
  const policy = await policyIn(new URL('policy.json', import.meta.url), { ACCOUNT: account, USER: user });
  const admin = await makeRotator(policy);
  const stranger = asAdmin({ id: admin.secrets[JSON.stringify(admin.refs.accessKeyId)]?.reveal() ?? '', secret: 'x' });
  const parse = (changes: object) => connector.schema.parse({ ...config, ...changes });
  const config = {
    type: 'aws-iam-access-key',
    user,
    account,
    endpoint,
    admin: admin.refs,
    lastUsedLag: 0,
    propagation: 0,
  };
  return {
    provider: connector.open(parse({})),
    powers: connector.powers(parse({})),
    ctx: testContext({ secrets: { ...admin.secrets, ...stranger.secrets } }),
    knownGood: keyValue(await makeKey(user)),
    makeStranger: async () => (await makeKey(user)).id,
    wrong: keyValue({ id: `AKIA${'Z'.repeat(16)}`, secret: randomBytes(30).toString('base64') }),
    useAsApplication,
    unreachable: connector.open(parse({ endpoint: await nowhere() })),
    denied: connector.open(parse({ admin: stranger.refs })),
    tearDown: async () => {},
  };
}

function keyValue(key: AccessKey): KeyValue {
  return { accessKeyId: new Secret(key.id), secretAccessKey: new Secret(key.secret) };
}

/** Calls AWS with the key again and again, as a busy application does. */
async function useAsApplication(value: KeyValue): Promise<{ stop(): Promise<void> }> {
  const { endpoint, region } = inject('aws');
  const credentials = {
    accessKeyId: value.accessKeyId?.reveal() ?? '',
    secretAccessKey: value.secretAccessKey?.reveal() ?? '',
  };
  const sts = new STS({ endpoint, region, credentials, maxAttempts: 1 });
  await sts.getCallerIdentity({});
  let isStopped = false;
  const loop = (async () => {
    while (!isStopped) {
      await sts.getCallerIdentity({}).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  return {
    async stop() {
      isStopped = true;
      await loop;
      sts.destroy();
    },
  };
}
