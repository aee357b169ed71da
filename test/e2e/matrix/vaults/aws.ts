import { randomUUID } from 'node:crypto';
import { inject } from 'vitest';
import { makeRotator, owner, policyIn } from '../../../support/aws/places.ts';
import type { VaultKind } from '../sides.ts';

const readme = new URL('../../../../connectors/vaults/aws-secrets-manager/README.md', import.meta.url);

/** Keyturn has the permissions of the connector's `policy.json`; what is seen from outside is read with the vendor's client. */
export const aws: VaultKind = {
  name: 'aws-secrets-manager',
  async open({ env }, document) {
    const { account, endpoint, region } = inject('aws');
    const { secrets } = owner();
    const secret = `app/${randomUUID()}`;
    await secrets.createSecret({ Name: secret, SecretString: document });
    const admin = await makeRotator(await policyIn(readme, { REGION: region, ACCOUNT: account, NAME: secret }));
    putInto(env, admin);
    const read = async (which: { VersionId?: string }) =>
      (await secrets.getSecretValue({ SecretId: secret, ...which })).SecretString ?? '';
    return {
      located: { vault: 'aws-secrets-manager', secret, region, endpoint, admin: admin.refs },
      read: () => read({}),
      readVersion: (id) => read({ VersionId: id }),
      async readable() {
        const { VersionIdsToStages = {} } = await secrets.describeSecret({ SecretId: secret });
        return Promise.all(Object.keys(VersionIdsToStages).map((VersionId) => read({ VersionId })));
      },
    };
  },
};

/** So that the worker finds the admin's key where the catalog says it is. */
export function putInto(env: Record<string, string>, { secrets }: Awaited<ReturnType<typeof makeRotator>>): void {
  for (const [ref, secret] of Object.entries(secrets)) env[JSON.parse(ref).env] = secret.reveal();
}
