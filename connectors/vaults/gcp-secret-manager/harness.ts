import { randomUUID } from 'node:crypto';
import { inject } from 'vitest';
import { type Context, Secret, type SecretRef } from '../../../contract/index.ts';
import type { Harness, VaultCase, VaultSetup } from '../../../test/conformance/harness.ts';
import { testContext } from '../../../test/support/context.ts';
import type { AccountName } from '../../../test/support/google/accounts.ts';
import type { GoogleAddress } from '../../../test/support/google/server.ts';
import { clientFor } from './client.ts';
import { type Config, schema } from './config.ts';
import { connector } from './index.ts';

const keyFile = (account: AccountName): SecretRef => ({ file: `${account}.json` });

/** A context in which the double's service accounts are found by name. */
export function googleContext(google: GoogleAddress): Context {
  const entries = Object.entries(google.keyFiles).map(([account, text]) => {
    return [JSON.stringify(keyFile(account as AccountName)), new Secret(text)];
  });
  return testContext({ secrets: Object.fromEntries(entries) });
}

/** The configuration of a secret in the double, used as one of its service accounts. */
export function configFor(
  google: GoogleAddress,
  secret: string,
  more: Record<string, unknown> & { as: AccountName },
): Config {
  const { as, ...rest } = more;
  const { host, port, caFile } = google;
  return schema.parse({
    vault: 'gcp-secret-manager',
    secret,
    endpoint: { host, port, caFile },
    credentials: keyFile(as),
    ...rest,
  });
}

/** Makes an empty secret, as an operator would. @returns its name */
export async function makeSecret(google: GoogleAddress, ctx: Context, more: object = {}): Promise<string> {
  const parent = `projects/${google.project}`;
  const secretId = `keyturn-${randomUUID()}`;
  const owner = await clientFor(ctx, configFor(google, `${parent}/secrets/${secretId}`, { as: 'owner' }));
  await owner.createSecret({ parent, secretId, secret: { replication: { automatic: {} }, ...more } });
  return `${parent}/secrets/${secretId}`;
}

// Each case runs as an account that has the permissions which the README asks for, and no others.
function vaultCase(readers: 'latest' | 'alias', name: string): VaultCase {
  return {
    name,
    connector,
    async setUp(): Promise<VaultSetup> {
      const google = inject('google');
      const ctx = googleContext(google);
      const secret = await makeSecret(google, ctx);
      const config = configFor(google, secret, { as: readers, readers });
      const elsewhere = { host: google.host, port: 1, caFile: google.caFile };
      return {
        vault: connector.open(config),
        powers: connector.powers(config),
        ctx,
        again: connector.open(config),
        unreachable: connector.open({ ...config, endpoint: elsewhere }),
        denied: connector.open(configFor(google, secret, { as: 'denied', readers })),
        async tearDown() {
          const owner = await clientFor(ctx, configFor(google, secret, { as: 'owner' }));
          await owner.deleteSecret({ name: secret });
        },
      };
    },
  };
}

export const harness: Harness<VaultCase> = {
  cases: [vaultCase('latest', 'readers of latest'), vaultCase('alias', 'readers of an alias')],
};
