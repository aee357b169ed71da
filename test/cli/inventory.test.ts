import { expect, type TestContext, test } from 'vitest';
import { stringify } from 'yaml';
import { exitCodes } from '../../cli/exit-codes.ts';
import { nobodyHome } from '../support/http-double.ts';
import { audited } from './audited.ts';
import { CommandLine } from './command-line.ts';

const dayMs = 86_400_000;

const database = {
  owner: 'payments',
  tier: 'sensitive',
  site: 'berlin',
  group: 'pair',
  provider: { type: 'postgres', host: 'db.internal', admin: { env: 'ADMIN' }, logins: ['orders_a', 'orders_b'] },
  targets: [
    { name: 'main', vault: 'gcp-secret-manager', secret: 'projects/acme/secrets/orders-db', value: 'url' },
    {
      name: 'copy',
      vault: 'aws-secrets-manager',
      secret: 'orders/db',
      region: 'eu-central-1',
      value: { json: { u: 'user', p: 'password' } },
    },
  ],
  consumers: [{ type: 'pull', name: 'orders', reads: 'main', instances: 20, canary: 1 }],
  smokeTests: [{ sql: 'select 1 from orders limit 1' }],
  maxAge: '30d',
};
const hook = {
  owner: 'web',
  tags: ['public'],
  provider: { type: 'random' },
  targets: [{ vault: 'file', secret: 'hook' }],
};
const credentials = { 'production/orders/DATABASE_URL': database, 'production/hook/SECRET': hook };

/** Nobody answers where Temporal should be, which takes a while to be sure of: tests wait for it side by side. */
async function line({ onTestFinished }: TestContext): Promise<CommandLine> {
  const { host } = new URL(await nobodyHome());
  const made = CommandLine.forTest({ TEMPORAL_ADDRESS: host }, onTestFinished);
  made.catalog(stringify({ groups: { pair: { apart: '1h' } }, credentials }));
  return made;
}

test.concurrent('each credential is shown with every place and everybody that uses it', async (context) => {
  const inventory = await line(context);
  await audited(inventory, { 'production/orders/DATABASE_URL': [['rotated', 10]] });
  const { code, json, stderr } = await inventory.run(['inventory', '--json']);
  expect(stderr).toContain('no Temporal answers');
  expect(code).toBe(exitCodes.ok);
  expect(json).toMatchObject({
    ...{ temporal: false, audit: true, exitCode: 0 },
    credentials: [
      {
        ...{
          id: 'production/orders/DATABASE_URL',
          owner: 'payments',
          tier: 'sensitive',
          site: 'berlin',
          group: 'pair',
        },
        provider: 'postgres',
        principals: ['postgres db.internal:5432 orders_a', 'postgres db.internal:5432 orders_b'],
        targets: [
          {
            ...{ name: 'main', vault: 'gcp-secret-manager', shape: 'url' },
            location: 'gcp-secret-manager/projects/acme/secrets/orders-db',
          },
          {
            ...{ name: 'copy', vault: 'aws-secrets-manager', shape: 'json fields u, p' },
            location: 'aws secrets manager eu-central-1/orders/db',
          },
        ],
        consumers: [
          { name: 'orders', type: 'pull', reads: 'main', instances: 20, canary: 1, required: true, role: 'uses' },
        ],
        smokeTests: [{ sql: 'select 1 from orders limit 1' }],
        ...{ lastRotatedAt: expect.any(String), maxAgeMs: 30 * dayMs, due: 'ok', schedule: null },
      },
      { id: 'production/hook/SECRET', site: null, group: null, principals: [], consumers: [], lastRotatedAt: null },
    ],
  });
});

test.concurrent('for people each place is one line; neither Temporal nor an audit is needed', async (context) => {
  const { code, stderr, stdout } = await (await line(context)).run(['inventory', 'production/orders/*']);
  expect(code).toBe(exitCodes.ok);
  expect(stderr).toMatch(/there is no audit .*\n.*no Temporal answers/);
  expect(stdout.split('\n')).toEqual([
    'production/orders/DATABASE_URL',
    '  owner payments, tier sensitive, site berlin, group pair',
    '  provider: postgres db.internal:5432 orders_a and postgres db.internal:5432 orders_b',
    '  target: main, gcp-secret-manager/projects/acme/secrets/orders-db, as url',
    '  target: copy, aws secrets manager eu-central-1/orders/db, as json fields u, p',
    '  consumer: orders (pull), 20 instances, 1 first, reads main',
    '  smoke test: {"sql":"select 1 from orders limit 1"}',
    '  last rotated: unknown, age: -, max age: 30d unknown, next: unknown',
    '',
  ]);
});

test.concurrent('as CSV each credential is one line', async (context) => {
  const { stdout } = await (await line(context)).run(['inventory', 'production/hook/*', '--csv']);
  expect(stdout.split('\r\n')).toEqual([
    'id,owner,tier,site,group,provider,principals,targets,consumers,smokeTests,lastRotatedAt,ageMs,maxAgeMs,due,nextAt',
    'production/hook/SECRET,web,standard,,,random,,main: file:vault/hook,,0,,,,,',
    '',
  ]);
});

test.concurrent('a selection narrows it down; one that finds nothing names the nearest', async (context) => {
  const inventory = await line(context);
  const [owned, tagged] = await Promise.all([
    inventory.run(['inventory', '--owner', 'web', '--json']),
    inventory.run(['inventory', '--tag', 'public', '--json']),
  ]);
  for (const { json } of [owned, tagged]) {
    expect(json).toMatchObject({ credentials: [{ id: 'production/hook/SECRET' }] });
  }
  const { code, stderr } = await inventory.run(['inventory', '--owner', 'wed']);
  expect({ code, stderr }).toEqual({ code: exitCodes.usage, stderr: expect.stringContaining('did you mean "web"?') });
});
