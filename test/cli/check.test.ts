import { expect, test } from 'vitest';
import { exitCodes } from '../../cli/exit-codes.ts';
import { nobodyHome } from '../support/http-double.ts';
import { CommandLine, storedCatalog } from './command-line.ts';

test('every problem of a catalog is shown with its place', async () => {
  const line = CommandLine.forTest();
  line.catalog(storedCatalog.replace('owner: demo', 'ownr: demo').replace('grace: 1h', 'grace: long'));
  const { code, stderr } = await line.run(['check']);
  expect(code).toBe(exitCodes.usage);
  expect(stderr).toMatch(/^keyturn\.yaml:4:5 .*ownr.*owner/m);
  expect(stderr).toMatch(/^keyturn\.yaml:10:\d+ .*grace/m);
});

test('the problems are there for programs, too', async () => {
  const line = CommandLine.forTest();
  line.catalog('credentials: [');
  const { code, json } = await line.run(['check', '--json']);
  expect(code).toBe(exitCodes.usage);
  expect(json).toMatchObject({
    error: { kind: 'catalog', problems: [{ file: 'keyturn.yaml', line: 1 }] },
    exitCode: 2,
  });
});

test('a catalog that is not there: how to name another', async () => {
  const { code, stderr } = await CommandLine.forTest().run(['check', '-c', 'other.yaml']);
  expect(code).toBe(exitCodes.usage);
  expect(stderr).toContain('other.yaml');
  expect(stderr).toContain('--catalog');
});

test('the option stands before or after the command, and wins over the environment', async () => {
  const line = CommandLine.forTest({ KEYTURN_CATALOG: 'of-the-environment.yaml' });
  const after = await line.run(['check', '-c', 'after.yaml']);
  const before = await line.run(['-c', 'before.yaml', 'check']);
  const neither = await line.run(['check']);
  expect(after.stderr).toContain('after.yaml');
  expect(before.stderr).toContain('before.yaml');
  expect(neither.stderr).toContain('of-the-environment.yaml');
});

test('an unknown credential: the nearest is named', async () => {
  const line = CommandLine.forTest();
  line.catalog(storedCatalog);
  const { code, stderr } = await line.run(['check', 'demo/webhook/SECRT']);
  expect(code).toBe(exitCodes.usage);
  expect(stderr).toContain('demo/webhook/SECRET');
});

test('says in words what a rotation would do, without looking', async () => {
  const line = CommandLine.forTest();
  line.catalog(`${storedCatalog}    schedule: { every: 30d, window: { days: [tue], from: "10:00", to: "15:00" } }\n`);
  const { code, stdout } = await line.run(['check', '--offline']);
  expect(code).toBe(exitCodes.ok);
  for (const words of ['file:vault/webhook/signing', 'app (pull)', '1h (grace)', 'every 30d, tue 10:00 to 15:00']) {
    expect(stdout).toContain(words);
  }
});

test('a target that holds no value could not rotate; with its first value it could', async () => {
  const line = CommandLine.forTest();
  line.catalog(storedCatalog);
  const empty = await line.run(['check', '--json']);
  expect(empty.code).toBe(exitCodes.refused);
  expect(empty.json).toMatchObject({
    ok: false,
    credentials: [{ ready: false, problems: [{ fix: expect.stringContaining('keyturn store demo/webhook/SECRET') }] }],
  });
  await line.run(['store', 'demo/webhook/SECRET'], { input: 'first' });
  const held = await line.run(['check', '--json']);
  expect(held.code).toBe(exitCodes.ok);
  expect(held.json).toMatchObject({ ok: true, credentials: [{ id: 'demo/webhook/SECRET', ready: true }] });
});

test('a provider that cannot be reached is told from one that is not prepared', async () => {
  const { port } = new URL(await nobodyHome());
  const line = CommandLine.forTest({ ADMIN_URL: 'postgres://admin:not-shown-anywhere@ignored/x' });
  line.catalog(`
credentials:
  demo/db/URL:
    owner: demo
    provider: { type: postgres, host: 127.0.0.1, port: ${port}, admin: { env: ADMIN_URL }, logins: [a_one, a_two] }
    targets:
      - { vault: file, secret: db/url, value: url }
`);
  await line.run(['store', 'demo/db/URL', '--no-verify'], { input: 'postgres://a_one:also-not-shown@127.0.0.1/x' });
  const { code, stderr, stdout } = await line.run(['check']);
  expect(code).toBe(exitCodes.unreachable);
  expect(stdout).toContain('problem: ');
  expect(stdout + stderr).not.toContain('not-shown');
});
