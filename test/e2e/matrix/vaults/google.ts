import { inject } from 'vitest';
import { clientFor } from '../../../../connectors/vaults/gcp-secret-manager/client.ts';
import { configFor, googleContext, makeSecret } from '../../../../connectors/vaults/gcp-secret-manager/harness.ts';
import type { VaultKind } from '../sides.ts';

export const googleAlias = google('alias', 'keyturn-current');
export const googleLatest = google('latest', 'latest');

/**
 * Keyturn signs in as an account with the permissions of the connector's role files; what is seen from outside is read with Google's own
 * client as the project's owner.
 */
function google(readers: 'alias' | 'latest', consumersRead: string): VaultKind {
  return {
    name: `gcp-secret-manager (${readers})`,
    async open({ env }, document) {
      const address = inject('google');
      const ctx = googleContext(address);
      const secret = await makeSecret(address, ctx);
      const client = await clientFor(ctx, configFor(address, secret, { as: 'owner' }));
      await client.addSecretVersion({ parent: secret, payload: { data: Buffer.from(document) } });
      if (readers === 'alias') {
        const adopted = { name: secret, versionAliases: { [consumersRead]: 1 } };
        await client.updateSecret({ secret: adopted, updateMask: { paths: ['version_aliases'] } });
      }
      const keyFile = `GOOGLE_${readers.toUpperCase()}`;
      env[keyFile] = address.keyFiles[readers];
      const read = async (which: string) => {
        const [{ payload }] = await client.accessSecretVersion({ name: `${secret}/versions/${which}` });
        return Buffer.from(payload?.data ?? '').toString();
      };
      return {
        located: configFor(address, secret, { as: readers, readers, credentials: { env: keyFile } }),
        read: () => read(consumersRead),
        readVersion: read,
        async readable() {
          const [versions] = await client.listSecretVersions({ parent: secret });
          const standing = versions.filter(({ state }) => state !== 'DESTROYED');
          return Promise.all(standing.map(({ name }) => read(name?.split('/').at(-1) ?? '')));
        },
      };
    },
  };
}
