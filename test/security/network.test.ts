import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { generate } from 'selfsigned';
import { beforeEach, expect, test } from 'vitest';
import { loadVault } from '../../connectors/load.ts';
import { Secret } from '../../contract/index.ts';
import { asAdmin } from '../support/aws/places.ts';
import { testContext } from '../support/context.ts';

/** Somebody stands between, and says that they are AWS. */

let endpoint: string;
let requests: number;

beforeEach(async () => {
  requests = 0;
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], { keySize: 2048 });
  const server = createServer({ cert, key }, (_request, response) => {
    requests += 1;
    response.end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endpoint = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return () => new Promise<void>((resolve) => server.close(() => resolve()));
});

test('an AWS endpoint whose certificate nobody vouches for is told nothing, and not asked again', async () => {
  const connector = await loadVault('aws-secrets-manager');
  const admin = asAdmin({ id: `AKIA${'A'.repeat(16)}`, secret: 'the-secret-of-the-admin' });
  const given = { vault: connector.name, secret: 'orders', region: 'eu-central-1', endpoint, admin: admin.refs };
  const vault = connector.open(connector.schema.parse(given));
  const ctx = testContext({ secrets: admin.secrets });
  for (const call of [() => vault.read(ctx, 'current'), () => vault.write(ctx, new Secret('value'), 'absent')]) {
    const failed = await call().catch((error: unknown) => error);
    expect(connector.classify(failed)).toBe('invalid');
  }
  expect(requests).toBe(0);
});
