import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { stringify } from 'yaml';
import type { CompromiseReport } from '../../cli/compromise-report.ts';
import { exitCodes } from '../../cli/exit-codes.ts';
import { type DevServer, startDevServer } from '../../client/embedded/dev-server.ts';
import { giveLogin, makeRoles } from '../../connectors/providers/postgres/harness.ts';
import { readFileVault } from '../../connectors/vaults/file/index.ts';
import { CommandLine, type Running } from './command-line.ts';
import { canLogIn } from './logins.ts';

const ids = ['demo/one/DATABASE_URL', 'demo/two/DATABASE_URL'];

let temporal: DevServer;
let roles: Awaited<ReturnType<typeof makeRoles>>[];
let line: CommandLine;
let worker: Running;

beforeAll(async () => {
  temporal = await startDevServer();
  roles = [await makeRoles('two logins'), await makeRoles('two logins')];
  const admins = roles.map(({ admin }) => `postgres://${admin.user}:${admin.password}@ignored/ignored`);
  line = new CommandLine({ TEMPORAL_ADDRESS: temporal.address, ADMIN_0: admins[0] ?? '', ADMIN_1: admins[1] ?? '' });
  const credentials = ids.map((id, index) => [id, declared(index)]);
  line.catalog(stringify({ credentials: Object.fromEntries(credentials) }));
  worker = line.start(['worker']);
  await worker.says('the worker is ready');
});

afterAll(async () => {
  worker?.child.kill('SIGTERM');
  await worker?.ended;
  for (const each of roles ?? []) await each.drop();
  await temporal?.stop();
  line?.remove();
});

function declared(index: number): object {
  return {
    owner: 'tests',
    provider: { ...roles[index]?.given, admin: { env: `ADMIN_${index}` } },
    targets: [{ vault: 'file', secret: ids[index], value: 'url' }],
    limits: { poll: '250ms' },
  };
}

const current = async (id: string) => (await readFileVault({ home: line.home, secret: id })).value;

async function storeFirst(index: number): Promise<string> {
  const { host, port } = inject('postgres');
  const { password, user } = await giveLogin(roles[index]?.config.logins[0] ?? '');
  const url = `postgres://${user?.reveal()}:${password?.reveal()}@${host}:${port}/postgres`;
  const stored = await line.run(['store', ids[index] ?? ''], { input: `${url}\n` });
  expect(stored.code).toBe(exitCodes.ok);
  return url;
}

test('everything that a selection has is replaced by one clock, and reported', { timeout: 90_000 }, async () => {
  const before = [await storeFirst(0), await storeFirst(1)];
  const file = join(line.folder, 'report.json');
  const args = ['compromised', 'demo/**', '--reason', 'a laptop was stolen', '--report', file];
  const ended = await line.run([...args, '--json']);
  expect(ended, ended.stderr).toMatchObject({ code: exitCodes.ok, json: { reason: 'a laptop was stolen' } });
  const { credentials, lastRefusedAfterMs } = ended.json as unknown as CompromiseReport;
  expect(credentials.map(({ credential, outcome }) => [credential, outcome])).toEqual(ids.map((id) => [id, 'rotated']));
  const times = credentials.map(({ refusedAfterMs }) => refusedAfterMs ?? Number.NaN);
  expect(lastRefusedAfterMs).toBe(Math.max(...times));
  const after = await Promise.all(ids.map(current));
  expect(await Promise.all([...before, ...after].map(canLogIn))).toEqual([false, false, true, true]);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ credentials, lastRefusedAfterMs });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  for (const url of [...before, ...after]) expect(ended.stdout + ended.stderr).not.toContain(new URL(url).password);

  const again = await line.run(args);
  expect(again).toMatchObject({ code: exitCodes.refused, stderr: expect.stringContaining('EEXIST') });
  expect(await Promise.all(ids.map(current))).toEqual(after);
});

test('a selection that matches nothing begins nothing', async () => {
  const { code, stderr } = await line.run(['compromised', 'demo/three/**', '--reason', 'x']);
  expect(code).toBe(exitCodes.usage);
  expect(stderr).toContain('no credential of keyturn.yaml matches demo/three/**');
});

test('one that has no value yet is named, and does not stop the others', { timeout: 60_000 }, async () => {
  const without = declared(0) as { targets: object[] };
  const credentials = {
    [ids[1] ?? '']: declared(1),
    'demo/empty': { ...without, targets: [{ vault: 'file', secret: 'none', value: 'url' }] },
  };
  const other = join(line.folder, 'other.yaml');
  writeFileSync(other, stringify({ credentials }));
  const ended = await line.run(['compromised', '**', '--reason', 'x', '-c', other, '--json']);
  expect(ended.code).toBe(exitCodes.quarantined);
  const { credentials: dealt, lastRefusedAfterMs } = ended.json as unknown as CompromiseReport;
  expect(dealt.map(({ outcome, state }) => [outcome, state])).toEqual([
    ['rotated', 'ended'],
    [null, 'quarantined'],
  ]);
  expect(dealt[1]?.reason).toContain('holds no value yet');
  expect(lastRefusedAfterMs).toBeNull();
});
