import { describe, expect, test } from 'vitest';
import { idProblem } from '../../catalog/schema.ts';
import { change } from '../../connectors/consumers/webhook/harness.ts';
import { loadConsumer, loadProvider, loadVault } from '../../connectors/load.ts';
import { Secret } from '../../contract/index.ts';
import { testContext } from '../support/context.ts';
import { httpDouble } from '../support/http-double.ts';

/** To which files and addresses a declaration can send a worker. */

const climbing = [
  '../x',
  '/etc/passwd',
  'a/../b',
  'a/..',
  './a',
  'a//b',
  '.',
  '..',
  'a\\..\\b',
  'a\0b',
  'a\nb',
  '%2e%2e/x',
];

describe('names do not climb out of their place', () => {
  test.each(climbing)('%j is no id of a credential', (id) => {
    expect(idProblem(id)).toBeDefined();
  });

  test.each(climbing)('%j is no secret of the file vault', async (secret) => {
    const { schema } = await loadVault('file');
    expect(schema.safeParse({ vault: 'file', secret }).success).toBe(false);
    expect(schema.safeParse({ vault: 'file', secret: 'orders/db' }).success).toBe(true);
  });

  test.each([...climbing, 'projects/p/secrets/s/../../t', 'projects/p/secrets/s?x=1'])(
    '%j is no secret at Google',
    async (secret) => {
      const { schema } = await loadVault('gcp-secret-manager');
      expect(schema.safeParse({ vault: 'gcp-secret-manager', secret }).success).toBe(false);
      expect(schema.safeParse({ vault: 'gcp-secret-manager', secret: 'projects/p/secrets/s' }).success).toBe(true);
    },
  );

  test.each(['../x', 'a/b', 'a\0b', 'a\nb', 'a"; drop role b', "a' or 1=1", 'a b', 'pg_signal_backend'])(
    '%j is no login of PostgreSQL',
    async (login) => {
      const { schema } = await loadProvider('postgres');
      const given = { type: 'postgres', host: 'db.internal', admin: { env: 'ADMIN' } };
      expect(schema.safeParse({ ...given, login }).success).toBe(false);
      expect(schema.safeParse({ ...given, login: 'orders' }).success).toBe(true);
    },
  );
});

/** Every field of a declaration that takes an address, as the schema that judges it sees it. */
const addressed: Record<string, (url: string) => Promise<boolean>> = {
  'a webhook': async (url) =>
    (await loadConsumer('webhook')).schema.safeParse({ type: 'webhook', url, secret: { env: 'KEY' } }).success,
  'an accepter': async (url) =>
    (await loadProvider('random')).schema.safeParse({ type: 'random', accepter: { url } }).success,
  'an endpoint of IAM': async (endpoint) =>
    (await loadProvider('aws-iam-access-key')).schema.safeParse({ type: 'aws-iam-access-key', user: 'u', endpoint })
      .success,
  'an endpoint of Secrets Manager': async (endpoint) =>
    (await loadVault('aws-secrets-manager')).schema.safeParse({
      vault: 'aws-secrets-manager',
      secret: 's',
      region: 'eu-central-1',
      endpoint,
    }).success,
};

describe.each(Object.entries(addressed))('%s', (_what, takes) => {
  test.each([
    'http://169.254.169.254/latest/meta-data/',
    'http://[fd00:ec2::254]/latest/meta-data/',
    'http://metadata.google.internal/computeMetadata/v1/',
    'http://10.0.0.1/',
    'http://x.example/',
    'file:///etc/passwd',
    'gopher://127.0.0.1/',
    'javascript:alert(1)',
  ])('is not at %s', async (url) => {
    expect(await takes(url)).toBe(false);
  });

  test.each(['https://169.254.169.254/', 'https://10.0.0.1/', 'https://x.example/', 'http://127.0.0.1:8500/v1/kv'])(
    'accepted: is at %s',
    async (url) => {
      expect(await takes(url)).toBe(true);
    },
  );
});

test('accepted: with `insecure`, a webhook is at any private address, that of a cloud’s metadata service included', async () => {
  const { schema } = await loadConsumer('webhook');
  for (const url of ['http://10.0.0.1/', 'http://metadata.google.internal/', 'http://[fd00:ec2::254]/']) {
    const given = { type: 'webhook', url, secret: { env: 'KEY' } };
    expect(schema.safeParse({ ...given, insecure: true }).success, url).toBe(true);
    expect(schema.safeParse(given).success, url).toBe(false);
  }
  for (const url of ['http://x.example/', 'http://169.254.169.254/', 'http://8.8.8.8/']) {
    const given = { type: 'webhook', url, secret: { env: 'KEY' }, insecure: true };
    expect(schema.safeParse(given).success, url).toBe(false);
  }
});

test('an AWS endpoint that is no URL is a problem of the declaration, and no crash', async () => {
  expect(await addressed['an endpoint of IAM']?.('no URL')).toBe(false);
  expect(await addressed['an endpoint of Secrets Manager']?.('https://')).toBe(false);
});

test('what an address answers is not repeated, so that nobody reads through a worker what only it can reach', async () => {
  const told = 'a-secret-that-only-this-machine-sees';
  const status = { code: 200 };
  const inside = await httpDouble((_request, response) => {
    response.writeHead(status.code, { location: `/${told}`, 'x-told': told }).end(told);
  });
  const connector = await loadConsumer('webhook');
  const given = { type: 'webhook', url: inside.url, statusUrl: inside.url, secret: { env: 'KEY' } };
  const consumer = connector.open(connector.schema.parse(given));
  const key = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
  const ctx = testContext({ secrets: { '{"env":"KEY"}': new Secret(key) } });
  for (status.code of [200, 302, 400, 403, 404, 500]) {
    for (const call of ['refresh', 'attested'] as const) {
      const failed = await consumer[call](ctx, change()).then(
        () => expect.unreachable('it was taken'),
        (error: Error) => error,
      );
      expect(failed).toMatchObject({ name: 'KeyturnError' });
      expect(JSON.stringify([failed, failed.message, failed.stack, String(failed.cause)])).not.toContain(told);
    }
  }
  await inside.stop();
});
