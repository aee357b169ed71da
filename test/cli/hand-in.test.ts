import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { stringify } from 'yaml';
import { exitCodes } from '../../cli/exit-codes.ts';
import { type DevServer, startDevServer } from '../../client/embedded/dev-server.ts';
import { giveLogin, makeRoles } from '../../connectors/providers/postgres/harness.ts';
import { readFileVault } from '../../connectors/vaults/file/index.ts';
import { type HttpDouble, httpDouble } from '../support/http-double.ts';
import { CommandLine, type Running } from './command-line.ts';
import { canLogIn } from './logins.ts';

const byConsole = 'demo/console/API_KEY';
const database = 'demo/orders/DATABASE_URL';

let temporal: DevServer;
let api: HttpDouble;
let roles: Awaited<ReturnType<typeof makeRoles>>;
let line: CommandLine;
let worker: Running;
/** What the API takes. */
const taken = new Set<string>();

beforeAll(async () => {
  temporal = await startDevServer();
  api = await httpDouble(({ headers }, response) => {
    const [, value = ''] = /^Bearer (.*)$/.exec(headers.authorization ?? '') ?? [];
    response.writeHead(taken.has(value) ? 200 : 401).end();
  });
  roles = await makeRoles('two logins');
  const { admin } = roles;
  line = new CommandLine({
    TEMPORAL_ADDRESS: temporal.address,
    ADMIN: `postgres://${admin.user}:${admin.password}@ignored/ignored`,
  });
  const common = { owner: 'tests', limits: { poll: '250ms' }, grace: 0 };
  const where = 'https://console.example/keys';
  line.catalog(
    stringify({
      credentials: {
        [byConsole]: {
          ...common,
          provider: { type: 'manual', where, accepter: { url: `${api.url}/me` } },
          targets: [{ vault: 'file', secret: byConsole, value: 'raw' }],
        },
        [database]: {
          ...common,
          soak: 0,
          provider: { ...roles.given, admin: { env: 'ADMIN' } },
          targets: [{ vault: 'file', secret: database, value: 'url' }],
        },
      },
    }),
  );
  worker = line.start(['worker']);
  await worker.says('the worker is ready');
});

afterAll(async () => {
  worker?.child.kill('SIGTERM');
  await worker?.ended;
  await roles?.drop();
  await api?.stop();
  await temporal?.stop();
  line?.remove();
});

const current = async (id: string) => (await readFileVault({ home: line.home, secret: id })).value;

/** A key as its console shows it, once. */
function makeKey(name: string): string {
  const value = `s3cr3t-${name}-made-in-a-console`;
  taken.add(value);
  return value;
}

test('keys of a console: rotate waits for a value, hand-in gives it, and the old one is seen refused', async () => {
  const first = makeKey('first');
  expect(await line.run(['store', byConsole], { input: `${first}\n` })).toMatchObject({ code: exitCodes.ok });
  const rotating = line.start(['rotate', byConsole, '--wait']);
  await rotating.says('until a person hands the new value in: keyturn hand-in');

  const bad = await line.run(['hand-in', byConsole], { input: 's3cr3t-that-nobody-made\n' });
  expect(bad).toMatchObject({ code: exitCodes.usage, stderr: expect.stringContaining('refuses the value handed in') });

  const second = makeKey('second');
  const handing = line.start(['hand-in', byConsole, '--reason', 'made in the console', '--wait', '--json']);
  handing.child.stdin?.end(`${second}\n`);
  await handing.says('until a person has revoked');
  expect(await current(byConsole)).toBe(second);
  const busy = await line.run(['hand-in', byConsole], { input: `${makeKey('third')}\n` });
  expect(busy).toMatchObject({ code: exitCodes.refused, stderr: expect.stringContaining('busy: a rotation is open') });

  taken.delete(first);
  expect(await rotating.ended).toMatchObject({ code: exitCodes.ok });
  const handed = await handing.ended;
  expect(handed, handed.stderr).toMatchObject({ code: exitCodes.ok, json: { outcome: 'rotated', joined: true } });
  const audit = await line.run(['audit', 'export', byConsole]);
  expect(audit.stdout).toContain('made in the console');
  const shown = [bad, busy, handed, await rotating.ended, audit].map(({ stderr, stdout }) => stdout + stderr).join();
  const written = [readFileSync(join(line.home, 'audit.db'), 'latin1'), shown].join();
  expect(written).not.toContain('s3cr3t');
});

test('recovery: somebody changed the password by hand, and the login that is in use is left as it is', async () => {
  const { host, port } = inject('postgres');
  const login = roles.config.logins[0] ?? '';
  const urlWith = ({ password, user }: Awaited<ReturnType<typeof giveLogin>>) =>
    `postgres://${user?.reveal()}:${password?.reveal()}@${host}:${port}/postgres`;
  const before = urlWith(await giveLogin(login));
  expect(await line.run(['store', database], { input: before })).toMatchObject({ code: exitCodes.ok });
  const after = urlWith(await giveLogin(login));
  expect(await Promise.all([before, after].map(canLogIn))).toEqual([false, true]);

  const refused = await line.run(['hand-in', database, '--wait'], { input: after });
  expect(refused).toMatchObject({ code: exitCodes.unchanged, stdout: expect.stringContaining('--accept-broken') });
  const handed = await line.run(['hand-in', database, '--wait', '--accept-broken', '--json'], { input: after });
  expect(handed, handed.stderr).toMatchObject({ code: exitCodes.ok, json: { outcome: 'rotated', joined: false } });
  expect(await current(database)).toBe(after);
  expect(await canLogIn(after)).toBe(true);

  // From here on it is rotated as ever.
  expect(await line.run(['rotate', database, '--wait'])).toMatchObject({ code: exitCodes.ok });
  const last = await current(database);
  expect(await Promise.all([after, last].map(canLogIn))).toEqual([false, true]);
});

test('a value where none belongs is not repeated', async () => {
  for (const args of [['s3cr3t'], ['--value', 's3cr3t'], ['--value=s3cr3t'], ['--urgency', 's3cr3t']]) {
    const { code, stderr, stdout } = await line.run(['hand-in', byConsole, ...args]);
    expect(code).toBe(exitCodes.usage);
    expect(stdout + stderr).not.toContain('s3cr3t');
  }
});
