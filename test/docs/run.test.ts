import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { stringify } from 'yaml';
import { exitCodes } from '../../cli/exit-codes.ts';
import { giveLogin, makeRoles } from '../../connectors/providers/postgres/harness.ts';
import { CommandLine } from '../cli/command-line.ts';
import { freePort } from '../support/embedded-postgres.ts';
import { documentedIn } from './documented.ts';

/** What the README and the runbooks have people type, typed as it stands there, in that order, in an empty folder. */

const orders = 'production/orders/DATABASE_URL';
const billing = 'production/billing/API_KEY';

const files = ['README.md', 'docs/runbooks/quarantine.md', 'docs/runbooks/compromise.md'];
const all = files.flatMap(documentedIn).filter(({ isWhole, line }) => isWhole || line.startsWith('npx keyturn '));
const typed = all.map(({ line, place }) => ({ place, line: line.replaceAll('<id>', orders) }));

/** What is run elsewhere, or goes on until it is stopped. */
const elsewhere: readonly (readonly [RegExp, string])[] = [
  [/^npm run quickstart/, 'test/e2e/quickstart.test.ts'],
  [/^npm run drill:compromise/, 'a script of its own, of some minutes'],
  [/keyturn up$/, 'here, with ports of its own'],
];

/** Those that do not end with 0 where they stand. */
const expected: readonly (readonly [RegExp, number, string])[] = [
  [/keyturn check$/, exitCodes.refused, 'store its first value: keyturn store production/orders/DATABASE_URL'],
];

let line: CommandLine;
let roles: Awaited<ReturnType<typeof makeRoles>>;
let up: ChildProcess;

beforeAll(async () => {
  roles = await makeRoles('two logins');
  const { user, password } = roles.admin;
  const ports = [await freePort(), await freePort()];
  line = new CommandLine({
    ORDERS_DB_ADMIN_URL: `postgres://${user}:${password}@ignored/ignored`,
    TEMPORAL_ADDRESS: `127.0.0.1:${ports[0]}`,
  });
  line.catalog(catalog());
  const binaries = join(line.folder, 'node_modules/.bin');
  mkdirSync(binaries, { recursive: true });
  symlinkSync(fileURLToPath(new URL('../../bin/keyturn.js', import.meta.url)), join(binaries, 'keyturn'));
  const { host, port } = inject('postgres');
  const login = await giveLogin(roles.config.logins[0] ?? '');
  const url = `postgres://${login.user?.reveal()}:${login.password?.reveal()}@${host}:${port}/postgres`;
  writeFileSync(join(line.folder, 'database-url.txt'), `${url}\n`);
  writeFileSync(join(line.folder, 'new-key.txt'), 'made-in-a-console-and-long-enough\n');
  expect((await line.run(['store', billing], { input: 'the-first-one-of-billing' })).code).toBe(exitCodes.ok);
  up = start(`npx keyturn up --port ${ports[0]} --no-ui`);
  await says(up, 'Next, in another terminal');
}, 120_000);

afterAll(async () => {
  if (up?.pid && up.exitCode === null) {
    const stopped = new Promise((resolve) => up.once('exit', resolve));
    process.kill(-up.pid, 'SIGTERM');
    await stopped;
  }
  await roles?.drop();
  line?.remove();
});

function catalog(): string {
  const common = {
    owner: 'payments-sre',
    grace: 0,
    limits: { poll: '250ms' },
    schedule: { every: '30d' },
    maxAge: '90d',
  };
  return stringify({
    credentials: {
      [orders]: {
        ...common,
        soak: 0,
        provider: { ...roles.given, admin: { env: 'ORDERS_DB_ADMIN_URL' } },
        targets: [{ vault: 'file', secret: orders, value: 'url' }],
      },
      [billing]: {
        ...common,
        provider: { type: 'random' },
        targets: [{ vault: 'file', secret: billing, value: 'raw' }],
      },
    },
  });
}

function start(command: string): ChildProcess {
  const binaries = join(line.folder, 'node_modules/.bin');
  const env = { ...line.env, PATH: [binaries, line.env.PATH].join(delimiter) };
  return spawn('bash', ['-c', `exec ${command}`], { cwd: line.folder, env, detached: true });
}

function says(child: ChildProcess, wanted: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = '';
    const hear = (chunk: Buffer) => {
      text += chunk;
      if (text.includes(wanted)) resolve();
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    child.once('close', () => reject(new Error(`it ended without saying "${wanted}":\n${text}`)));
  });
}

function run(command: string): Promise<{ code: number | null; text: string }> {
  const child = start(command);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (text += chunk));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, text })));
}

test('there is something to type', () => {
  expect(typed.length).toBeGreaterThan(15);
  expect(typed.filter(({ line }) => elsewhere.some(([what]) => what.test(line))).length).toBeLessThanOrEqual(4);
});

const here = typed.filter(({ line }) => !elsewhere.some(([what]) => what.test(line)));

test.each(here)('$place: $line', { timeout: 60_000 }, async ({ line: command }) => {
  const { code, text } = await run(command);
  const [, wanted = exitCodes.ok, said = ''] = expected.find(([what]) => what.test(command)) ?? [];
  expect({ code, text }).toEqual({ code: wanted, text: expect.stringContaining(said) });
});

test('what they say that they write is there', () => {
  for (const file of ['audit.csv', 'evidence.json', 'report.json']) {
    expect(existsSync(join(line.folder, file)), file).toBe(true);
  }
});
