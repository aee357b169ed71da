import { describe, expect, it } from 'vitest';
import { looksSecret } from '../../catalog/secrets.ts';
import { changed, errorIn, parse } from './fakes.ts';

// Put together here, so that no file of this repository holds anything that looks like a secret.
const letters = 'kT9vQ2mZx7LpR4sW8nB3yC6dF1gH5jAe';
const secrets: readonly [string, string][] = [
  ['a URL with a password', `postgres://orders:${'hunter2'}@db.internal/orders`],
  ['a URL with a password', `redis://:${'hunter2'}@cache:6379`],
  ['a private key (PEM)', `-----BEGIN ${'RSA PRIVATE'} KEY-----`],
  ['a GitHub token', `ghp_${letters}`],
  ['a GitHub token', `github_pat_${letters}`],
  ['a GitLab token', `glpat-${letters}`],
  ['a webhook secret', `whsec_${letters}`],
  ['an API key', `sk-proj-${letters}`],
  ['a payment API key', `sk_live_${letters}`],
  ['a Google API key', `AIza${letters}abc`],
  ['a Slack token', `xoxb-${letters}`],
  ['a JSON Web Token', `eyJhbGciOiJub25lIn0.eyJzdWIiOiJtZSJ9.${letters}`],
  ['an HTTP credential', `Bearer ${letters.slice(0, 20)}`],
  ['a long random string', `${letters}${letters.slice(0, 8)}`],
  ['a long random string', '7f3a9c1e5b2d8046af91c3e7d5b80246'],
  ['a long random string', `wJa1rXUtnFEMI/K7MDENG/bPxRfiCY${'2XAMPLEKEY'}`],
];

const innocent = [
  'projects/acme-production/secrets/orders-database-url',
  'arn:aws:secretsmanager:eu-central-1:123456789012:secret:production/orders/database-AbCdEf',
  'https://orders.internal/keyturn?instance=all',
  'postgres://db.internal:5432/orders',
  'postgres://orders@db.internal/orders',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholder is what is tested
  'postgres://orders:${PASSWORD}@db.internal/orders',
  'postgres://orders:<password>@db.internal/orders',
  '123e4567-e89b-42d3-a456-426614174000',
  'ORDERS_DATABASE_ADMIN_CONNECTION_URL_2',
  'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789',
  'select count(*) from orders where created_at > now() - interval 1 day',
  'task-runner-with-a-long-name-number-12345',
  '0123456789012345678901234567890123456789',
  '/var/run/secrets/kubernetes.io/serviceaccount/token',
];

describe('what looks like a secret', () => {
  it.each(secrets)('%s is told by its form', (_what, text) => {
    expect(looksSecret(text)).toBe(true);
    expect(looksSecret(`x = "${text}";`)).toBe(true);
  });

  it.each(innocent)('%s is no secret', (text) => {
    expect(looksSecret(text)).toBe(false);
  });

  it.each(['a.', 'eyJ-', 'sk-', 'x:/', 'a://b:', 'ghp_', '-----BEGIN '])(
    '%s again and again takes no more than its length',
    (text) => {
      const cpuMsOf = (times: number) => {
        const before = process.cpuUsage();
        looksSecret(text.repeat(times));
        const { user } = process.cpuUsage(before);
        return user / 1_000;
      };
      cpuMsOf(1_000);
      // Sixteen times the length: a search that goes back again and again takes 256 times as long.
      expect(cpuMsOf(64_000)).toBeLessThan(64 * Math.max(cpuMsOf(4_000), 5));
    },
  );
});

const places: readonly [string, (secret: string) => string][] = [
  ['where a reference is expected', (secret) => changed('{ env: A }', JSON.stringify(secret))],
  ['in a field', (secret) => changed('secret: s', `secret: ${JSON.stringify(secret)}`)],
  ['in an unknown field', (secret) => changed('host: h', `host: h, password: ${JSON.stringify(secret)}`)],
  ['as a field name', (secret) => changed('host: h', `host: h, ${JSON.stringify(secret)}: x`)],
  ['as a credential id', (secret) => changed('a/b:', `${JSON.stringify(secret)}:`)],
  ['as a shape', (secret) => changed('value: url', `value: ${JSON.stringify(secret)}`)],
  ['as the name of a variable', (secret) => changed('env: A', `env: ${JSON.stringify(secret)}`)],
  ['in a comment', (secret) => changed('owner: me', `owner: me # ${secret}`)],
  [
    'with an escape',
    (secret) => changed('secret: s', `secret: "\\x${secret.charCodeAt(0).toString(16)}${secret.slice(1)}"`),
  ],
  ['in a file that is no YAML', (secret) => `credentials: [\n  ${JSON.stringify(secret)}: {\n`],
];

describe.each(places)('a secret %s', (_place, textWith) => {
  it.each(secrets)('%s is refused and not repeated', async (_what, secret) => {
    const error = await errorIn(textWith(secret));
    const everything = JSON.stringify([error.message, error.problems, error.stack]);
    for (const part of [secret, secret.slice(0, 24), 'hunter2']) expect(everything).not.toContain(part);
  });
});

describe('a literal where a reference is expected', () => {
  it.each(['s3cr3t', 'correct horse battery staple', '12345'])('%s is refused whatever it looks like', async (text) => {
    const error = await errorIn(changed('{ env: A }', JSON.stringify(text)));
    expect(error.message).toMatch(
      /^catalog.yaml:4:\d+ credentials.a\/b.provider.admin: found a string that is not shown, expected a reference: /,
    );
    expect(error.message).toContain('refer to it here');
    expect(JSON.stringify(error.problems)).not.toContain(text);
  });

  it('is not repeated either where a variable name, a shape or a choice is expected', async () => {
    const text = changed('{ env: A }', '{ env: "s3cr3t word" }')
      .replace('value: url', 'value: s3cr3t')
      .replace('host: h', 'host: h, mode: s3cr3t');
    expect((await errorIn(text)).message).not.toContain('s3cr3t');
  });
});

it('names the kind and the place of a secret, once', async () => {
  const [, secret] = secrets[0] ?? [];
  const error = await errorIn(changed('url: u', `url: "${secret}"`));
  expect(error.problems).toMatchObject([{ line: 6, column: 37, found: 'what looks like a URL with a password' }]);
});

it('a catalog without secrets is taken', async () => {
  await expect(parse(changed('secret: s', `secret: ${innocent[0]}`))).resolves.toBeDefined();
});
