import { STS } from '@aws-sdk/client-sts';
import { inject } from 'vitest';
import { lossyRoad } from '../../../support/aws/lossy.ts';
import { makeKey, makeRotator, makeUser, owner, policyIn } from '../../../support/aws/places.ts';
import { type Fields, jsonForm, type ProviderKind, type Scene } from '../sides.ts';
import { putInto } from '../vaults/aws.ts';

const readme = new URL('../../../../connectors/providers/aws-iam-access-key/README.md', import.meta.url);

/** Keyturn has the permissions of the connector's `policy.json`; what is seen from outside is asked with the vendor's clients. */
export const awsIam: ProviderKind = {
  name: 'aws-iam-access-key',
  soaks: true,
  refusal: /^InvalidClientTokenId$/,
  oldKeyMeanwhile: 'refused',
  failure: /^the provider refuses AKIA\w+ \(InvalidClientTokenId\)$/,
  async open(scene) {
    const { account, endpoint } = inject('aws');
    const user = await makeUser('app');
    const { id, secret } = await makeKey(user);
    const admin = await makeRotator(await policyIn(readme, { ACCOUNT: account, USER: user }));
    putInto(scene.rotating.env, admin);
    const own = { lastUsedLag: 0, propagation: 0, requestsPerMinute: 100_000 };
    const provider = { type: 'aws-iam-access-key', user, account, admin: admin.refs, ...own };
    const first = { accessKeyId: id, secretAccessKey: secret };
    return {
      provider: { ...provider, endpoint: scene.fails ? await refusingOnceProven(scene, user, id) : endpoint },
      first,
      forms: [
        jsonForm({ accessKeyId: 'AWS_ACCESS_KEY_ID', secretAccessKey: 'AWS_SECRET_ACCESS_KEY' }),
        jsonForm({ secretAccessKey: 'secret', accessKeyId: 'id' }),
      ],
      use,
      keys: () => keysOf(user),
      nameOf: ({ accessKeyId }) => `${accessKeyId} Active`,
    };
  },
};

async function keysOf(user: string): Promise<string[]> {
  const { AccessKeyMetadata: keys = [] } = await owner().iam.listAccessKeys({ UserName: user });
  return keys.map(({ AccessKeyId, Status }) => `${AccessKeyId} ${Status}`);
}

async function use({ accessKeyId = '', secretAccessKey = '' }: Fields): Promise<string> {
  const { endpoint, region } = inject('aws');
  const sts = new STS({ endpoint, region, credentials: { accessKeyId, secretAccessKey }, maxAttempts: 1 });
  return sts
    .getCallerIdentity({})
    .then(
      () => 'accepted',
      (error: Error) => error.name,
    )
    .finally(() => sts.destroy());
}

/**
 * A road on which somebody else, a guardrail of the account say, makes the new key inactive when it has been used once: after its
 * proof, before its smoke test. @returns the endpoint
 */
async function refusingOnceProven({ onEnd }: Scene, user: string, first: string): Promise<string> {
  const road = await lossyRoad(inject('aws').endpoint);
  onEnd(() => road.close());
  let uses = 0;
  const watch = async () => {
    road.before('GetCallerIdentity', watch);
    const made = (await keysOf(user)).map((key) => key.split(' ')[0]).find((id) => id !== first);
    if (made === undefined) return;
    uses += 1;
    if (uses === 2) await owner().iam.updateAccessKey({ UserName: user, AccessKeyId: made, Status: 'Inactive' });
  };
  road.before('GetCallerIdentity', watch);
  return road.endpoint;
}
