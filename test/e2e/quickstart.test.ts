import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { verifyChain } from '../../connectors/audit/verify.ts';
import { openKeyRing } from '../../connectors/keyrings/file/index.ts';
import { loadAudit } from '../../connectors/load.ts';
import { readFileVault } from '../../connectors/vaults/file/index.ts';
import type { AuditRecord, KeyRing } from '../../contract/index.ts';

const main = fileURLToPath(new URL('../../examples/quickstart/main.ts', import.meta.url));
vi.setConfig({ testTimeout: 180_000 });

interface Proof {
  ok: boolean;
  problems: string[];
  credential: string;
  databasePort: number;
  temporalAddress: string;
  applicationPid: number;
  workerPid: number;
  applicationLog: string;
  auditFile: string;
}

interface Run {
  child: ChildProcess;
  output: { stdout: string; stderr: string };
  /** Rejects if it ends first. */
  line(pattern: RegExp): Promise<void>;
  ended: Promise<{ code: number | null; lines: string[]; stderr: string }>;
}

/** Where each run may leave files, and nothing else does. */
let temporary: string;
beforeEach(async () => {
  temporary = await mkdtemp(join(tmpdir(), 'keyturn-quickstart-test-'));
  // PostgreSQL refuses to run as root: it goes through this folder as another user.
  await chmod(temporary, 0o755);
});
afterEach(() => rm(temporary, { recursive: true, force: true }));

/** As a newcomer runs it: with a Temporal of its own, whatever the tests use. */
function quickstart(...args: string[]): Run {
  const { TEMPORAL_ADDRESS: _, ...env } = process.env;
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...env, TMPDIR: temporary },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, as a terminal gives to a command.
    detached: true,
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const output = { stdout: '', stderr: '' };
  const news = new EventEmitter();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
      news.emit('news');
    });
  }
  const ended = once(child, 'close').then(([code]) => {
    news.emit('news');
    return { code: code as number | null, lines: output.stdout.trimEnd().split('\n'), stderr: output.stderr };
  });
  const line = async (pattern: RegExp) => {
    while (!pattern.test(output.stdout) && !pattern.test(output.stderr)) {
      if (child.exitCode !== null) throw new Error(`it ended first (${child.exitCode}): ${output.stderr}`);
      await once(news, 'news');
    }
  };
  return { child, output, line, ended };
}

function proofIn(lines: readonly string[]): Proof {
  return JSON.parse(lines.at(-1) ?? '') as Proof;
}

async function recordsOf({ auditFile, credential }: Proof): Promise<AuditRecord[]> {
  const sink = await (await loadAudit('sqlite')).open(auditFile);
  return sink.read(credential).finally(() => sink.close());
}

async function expectVerified(proof: Proof, keys?: KeyRing): Promise<void> {
  const records = await recordsOf(proof);
  const checked = await verifyChain(records, keys === undefined ? {} : { keys });
  expect(checked).toMatchObject({ ok: true, open: [] });
  const closes = records.filter(({ entry }) => entry.kind === 'close');
  expect(closes).toHaveLength(2);
  expect(JSON.stringify(closes)).toMatch(/rotated.*restored/s);
}

async function expectNothingLeft({ databasePort, temporalAddress, applicationPid, workerPid }: Proof): Promise<void> {
  await expect(new Client({ host: '127.0.0.1', port: databasePort }).connect()).rejects.toMatchObject({
    code: 'ECONNREFUSED',
  });
  expect(await isOpen(temporalAddress)).toBe(false);
  for (const pid of [applicationPid, workerPid]) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
}

async function isOpen(address: string): Promise<boolean> {
  const [host, port] = address.split(':');
  const socket = connectTcp(Number(port), host);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

test('the quickstart rotates under traffic, restores under traffic, proves both and leaves nothing running', async () => {
  const { code, lines, stderr } = await quickstart('--json').ended;
  expect(stderr).toContain('All of it holds.');
  const proof = proofIn(lines);
  expect(code).toBe(0);
  expect(proof).toMatchObject({
    ok: true,
    problems: [],
    outcome: 'rotated',
    queries: { before: expect.any(Number), during: expect.any(Number), after: expect.any(Number) },
    queriesFailed: 0,
    oldKeyRefused: { sqlstate: expect.stringMatching(/^28(P01|000)$/), at: expect.stringMatching(/^\d{4}-.*Z$/) },
    auditVerified: true,
    restoredDemo: {
      outcome: 'restored',
      reason: expect.stringContaining('permission denied for table orders'),
      knownGoodWorks: true,
      queriesFailed: 0,
    },
    durations: { setUpMs: expect.any(Number), rotatedMs: expect.any(Number), restoredMs: expect.any(Number) },
  });
  const counted = proof as unknown as {
    queries: Record<string, number>;
    queriesByLogin: Record<string, Record<string, number>>;
    connectionsAfterSwitch: number;
  };
  for (const count of Object.values(counted.queries)) expect(count).toBeGreaterThan(0);
  expect(Object.keys(counted.queriesByLogin.before ?? {})).toEqual(['orders_a']);
  expect(Object.keys(counted.queriesByLogin.during ?? {}).sort()).toEqual(['orders_a', 'orders_b']);
  expect(Object.keys(counted.queriesByLogin.after ?? {})).toEqual(['orders_b']);
  expect(counted.connectionsAfterSwitch).toBeGreaterThanOrEqual(4);

  await expectVerified(proof);
  await expectApplicationsOwnAccount(proof);
  await expectNothingLeft(proof);
  await expectOnlyProofIn(dirname(proof.auditFile));
});

/** No database, no key ring, no vault, no password. */
async function expectOnlyProofIn(home: string): Promise<void> {
  expect(await readdir(temporary)).toEqual([basename(home)]);
  expect((await readdir(home)).sort()).toEqual(['application.log', 'audit.db', 'keyturn.yaml', 'worker.log']);
}

/** What the application itself wrote down agrees with what the quickstart says. */
async function expectApplicationsOwnAccount({ applicationLog }: Proof): Promise<void> {
  const text = await readFile(applicationLog, 'utf8');
  const events = text
    .trimEnd()
    .split('\n')
    .map(
      (line) =>
        JSON.parse(line) as { event: string; login?: string; failed?: number; queries?: Record<string, number> },
    );
  expect(events.filter(({ event }) => event === 'loaded').map(({ login }) => login)).toEqual(['orders_a', 'orders_b']);
  const end = events.at(-1);
  expect(end).toMatchObject({ event: 'stopped', failed: 0 });
  expect(end?.queries?.orders_a).toBeGreaterThan(100);
  expect(end?.queries?.orders_b).toBeGreaterThan(100);
}

test('with --keep the proof can be repeated from outside, until it is told to stop', async () => {
  const run = quickstart('--json', '--keep');
  await run.line(/"auditVerified".*\n/);
  const proof = proofIn(run.output.stdout.trimEnd().split('\n'));
  const home = dirname(proof.auditFile);
  await expectVerified(proof, await openKeyRing(join(home, 'keys.json'), { create: false }));

  const { value } = await readFileVault({ home, secret: 'orders/DATABASE_URL' });
  const urls = [value, await secret(home, 'old-url'), await secret(home, 'admin-url')];
  await expectNowhere(urls, home, run);

  const old = new Client({ connectionString: urls[1] });
  await expect(old.connect()).rejects.toMatchObject({ code: '28P01' });

  const admin = new Client({ connectionString: urls[2] });
  await admin.connect();
  const { rows } = await admin.query(
    `select usename as login, count(*)::int as connections from pg_stat_activity where usename like 'orders%' group by 1`,
  );
  await admin.end();
  expect(rows).toEqual([{ login: 'orders_b', connections: expect.any(Number) }]);

  run.child.kill('SIGINT');
  expect((await run.ended).code).toBe(0);
  await expectNothingLeft(proof);
  await expectOnlyProofIn(home);
});

/** No password in what anybody may read. */
async function expectNowhere(urls: readonly string[], home: string, { output }: Run): Promise<void> {
  const names = (await readdir(home)).filter((name) => !['secrets', 'vault'].includes(name));
  expect(names).toContain('worker.log');
  const files = await Promise.all(names.map((name) => readFile(join(home, name), 'latin1')));
  const texts = [output.stdout, output.stderr, ...files];
  for (const url of urls) {
    const { password } = new URL(url);
    expect(password.length).toBeGreaterThan(20);
    expect(texts.some((text) => text.includes(password))).toBe(false);
  }
}

async function secret(home: string, name: string): Promise<string> {
  return (await readFile(join(home, 'secrets', name), 'utf8')).trim();
}

const stops: Record<string, (pid: number) => void> = {
  'by SIGTERM': (pid) => process.kill(pid, 'SIGTERM'),
  // A terminal sends it to the whole group of processes, the database included.
  'by Ctrl-C': (pid) => process.kill(-pid, 'SIGINT'),
};

test.each(Object.keys(stops))(
  'told to stop in the middle %s, it stops everything and takes its files away',
  async (how) => {
    const run = quickstart();
    await run.line(/Keyturn worker, a process of its own/);
    const port = /PostgreSQL 17\s+127\.0\.0\.1:(\d+)/.exec(run.output.stdout)?.[1];
    const pid = /application, a process of its own\s+pid (\d+)/.exec(run.output.stdout)?.[1];
    expect(await isOpen(`127.0.0.1:${port}`)).toBe(true);
    stops[how]?.(run.child.pid ?? 0);
    expect((await run.ended).code).toBe(130);
    expect(await isOpen(`127.0.0.1:${port}`)).toBe(false);
    expect(() => process.kill(Number(pid), 0)).toThrow('ESRCH');
    expect(await readdir(temporary)).toEqual([]);
  },
);

test('says what it takes, and refuses what it does not know', async () => {
  const [help, unknown] = await Promise.all([quickstart('--help').ended, quickstart('--fast').ended]);
  expect(help).toMatchObject({ code: 0, lines: expect.arrayContaining([expect.stringContaining('--keep')]) });
  expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining('--fast') });
});
