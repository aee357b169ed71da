import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { exitCodes } from '../../cli/exit-codes.ts';
import { type DevServer, startDevServer } from '../../client/embedded/dev-server.ts';
import { giveLogin, makeRoles } from '../../connectors/providers/postgres/harness.ts';
import { readFileVault } from '../../connectors/vaults/file/index.ts';
import type { Plan, Progress } from '../../contract/index.ts';
import { CommandLine, type Ended, type Running } from './command-line.ts';
import { canLogIn } from './logins.ts';

const id = 'demo/orders/DATABASE_URL';
const secret = 'orders/db';

/** Its own server, because the workers of others must not take what the main queue of this one holds. */
let temporal: DevServer;
let roles: Awaited<ReturnType<typeof makeRoles>>;
let line: CommandLine;
let worker: Running;

beforeAll(async () => {
  [temporal, roles] = await Promise.all([startDevServer(), makeRoles('two logins')]);
  const { admin, given } = roles;
  line = new CommandLine({
    TEMPORAL_ADDRESS: temporal.address,
    ADMIN: `postgres://${admin.user}:${admin.password}@ignored/ignored`,
  });
  const credential = {
    owner: 'tests',
    provider: given,
    targets: [{ name: 'main', vault: 'file', secret, value: 'url' }],
    consumers: [{ type: 'pull', name: 'app' }],
    grace: 0,
    soak: 0,
    limits: { poll: '250ms' },
  };
  const stored = (secret: string) => storedOf(credential, secret);
  const credentials = { [id]: credential, 'demo/empty': stored('never/stored'), 'demo/broken': stored('broken/soon') };
  line.catalog(stringify({ credentials }));
  worker = line.start(['worker']);
  await worker.says('the worker is ready');
});

afterAll(async () => {
  worker?.child.kill('SIGTERM');
  await worker?.ended;
  await roles?.drop();
  await temporal?.stop();
  line?.remove();
});

/** The same for a value that nobody issues. */
function storedOf(credential: object, secret: string): object {
  const targets = [{ name: 'main', vault: 'file', secret }];
  return { ...credential, provider: { type: 'random' }, targets };
}

const current = () => readFileVault({ home: line.home, secret });

async function waitingFor(consumer: string, credential = id): Promise<Progress> {
  for (;;) {
    const { json, stderr } = await line.run(['status', credential, '--json']);
    const progress = json.progress as Progress | null;
    if (!['running', 'undoing', null].includes(json.state as string)) {
      throw new Error(`it waits no longer: ${JSON.stringify(json)} ${stderr}`);
    }
    if (progress?.waits.some(({ name }) => name === `consumer ${consumer}`)) return progress;
  }
}

test('a login is rotated while a person looks on and a consumer attests', { timeout: 90_000 }, async () => {
  const { host, port } = inject('postgres');
  const { user, password } = await giveLogin(roles.config.logins[0] ?? '');
  const before = `postgres://${user?.reveal()}:${password?.reveal()}@${host}:${port}/postgres`;
  const wrong = await line.run(['store', id], { input: before.replace(/:[^:@]*@/, ':no-such-password@') });
  expect(wrong).toMatchObject({ code: exitCodes.refused, stderr: expect.stringContaining('refuses the value') });
  const stored = await line.run(['store', id], { input: `${before}\n` });
  expect(stored).toMatchObject({ code: exitCodes.ok });

  const watching = line.start(['rotate', id, '--wait', '--reason', 'the test', '--json']);
  const waits = await waitingFor('app');
  const { value: during } = await current();
  expect([await canLogIn(before), await canLogIn(during)]).toEqual([true, true]);

  const early = await line.run(['rotate', id, '--timeout', '1s', '--json']);
  expect(early).toMatchObject({ code: exitCodes.waiting, json: { outcome: null, state: 'running', joined: true } });

  const attested = await line.run(['attest', id, '--consumer', 'app', '--instance', '1', '--key', waits.newKey ?? '']);
  expect(attested.code).toBe(exitCodes.ok);
  const ended = await watching.ended;
  expect(ended).toMatchObject({
    code: exitCodes.ok,
    json: {
      outcome: 'rotated',
      state: 'ended',
      credential: id,
      joined: false,
      oldKey: waits.oldKey,
      newKey: waits.newKey,
    },
  });
  expectLiveLines(ended);
  expect([await canLogIn(before), await canLogIn((await current()).value)]).toEqual([false, true]);

  await expectAfterwards(ended);
  expectNoSecrets([before, during], [ended, early, stored, attested, wrong]);
});

function expectLiveLines({ stderr }: Ended): void {
  for (const step of ['inspect', 'create', 'write', 'refresh', 'retire', 'delete', 'record']) {
    expect(stderr).toMatch(new RegExp(`^✓ ${step} +\\d`, 'm'));
  }
  expect(stderr).toContain('waits (consumer app): 0 of 1 instances');
}

async function expectAfterwards({ json }: Ended): Promise<void> {
  const status = await line.run(['status', id]);
  expect(status.stdout).toContain(`${json.newKey} replaces ${json.oldKey}`);
  const { hash, seq } = json.audit as { seq: number; hash: string };
  const verified = await line.run(['audit', 'verify', id, '--head', `${seq}:${hash}`]);
  expect(verified.code).toBe(exitCodes.ok);
}

function expectNoSecrets(urls: readonly string[], all: readonly Ended[]): void {
  const said = all.map(({ stderr, stdout }) => stdout + stderr).join('\n');
  for (const url of urls) expect(said).not.toContain(new URL(url).password);
}

test('a dry run says what would be done, with one hash for as long as nothing changes, and touches nothing', async () => {
  const [before, status] = [await current(), await line.run(['status', id, '--json'])];
  const dry = await line.run(['rotate', id, '--dry-run', '--json']);
  const { keyId } = (dry.json.plan as Plan).targets[0] ?? {};
  expect(dry).toMatchObject({
    code: exitCodes.ok,
    json: { credential: id, dryRun: true, plan: { order: 'make-before-break', goes: [keyId], goesFirst: [] } },
  });
  const again = await line.run(['rotate', id, '--dry-run']);
  expect(again.stdout).toContain(`plan ${(dry.json.plan as Plan).hash}`);
  expect(again.stdout).toContain(`main serves ${keyId}`);
  expect([await current(), await line.run(['status', id, '--json'])]).toEqual([before, status]);
  const impossible = await line.run(['rotate', 'demo/empty', '--dry-run']);
  expect(impossible).toMatchObject({ code: exitCodes.usage, stderr: expect.stringContaining('holds no value yet') });
});

test('a credential is adopted: the audit begins with what stands, and nothing is rotated', async () => {
  const before = await current();
  const adopted = await line.run(['adopt', id, '--reason', 'from the old cron job', '--json']);
  const { keyId } = (adopted.json.plan as Plan).targets[0] ?? {};
  expect(adopted).toMatchObject({ code: exitCodes.ok, json: { adopted: true, reason: 'from the old cron job' } });
  expect(await current()).toEqual(before);
  const { stdout } = await line.run(['audit', 'export', id]);
  const last = JSON.parse(stdout.trim().split('\n').at(-1) ?? '').entry;
  expect(last).toMatchObject({ kind: 'decision', verb: 'adopt', detail: { reason: 'from the old cron job' } });
  expect(last.detail.served[0]).toContain(`main serves ${keyId}`);
});

test('a rotation that touched nothing ends unchanged, and says why', async () => {
  const { code, json, stdout } = await line.run(['rotate', 'demo/empty', '--json']);
  expect({ code, stdout: stdout.trim().split('\n').length }).toEqual({ code: exitCodes.unchanged, stdout: 1 });
  expect(json).toMatchObject({ outcome: 'unchanged', reason: { message: expect.any(String) } });
});

test('Ctrl-C stops the watching, not the rotation', async () => {
  const watching = line.start(['rotate', id, '--json', '--request-id', 'the first']);
  onTestFinished(() => void watching.child.kill('SIGKILL'));
  await watching.says('waits (consumer app)');
  watching.child.kill('SIGINT');
  expect(await watching.ended).toMatchObject({ code: exitCodes.waiting, json: { state: 'running' } });
  const { json } = await line.run(['status', id, '--json']);
  expect(json).toMatchObject({ state: 'running', forced: false });
});

const attest = (key: string | undefined, ...options: string[]) =>
  line.run(['attest', id, '--consumer', 'app', '--instance', '1', '--key', key ?? '', ...options]);

test('of a rotation that fails each request hears its own fate', async () => {
  const { newKey, oldKey } = await waitingFor('app');
  const served = line.start(['rotate', id, '--json', '--request-id', 'the first']);
  // It came when the rotation had made its choices: the next rotation is for it.
  const late = line.start(['rotate', id, '--json', '--request-id', 'the late one']);
  await Promise.all([served.says('waits (consumer app)'), late.says('waits (consumer app)')]);

  await attest(newKey, '--status', 'failed', '--reason', 'cannot connect');
  // The new key goes only when its consumer says that it is back at the old one.
  await attest(oldKey);
  const restored = await served.ended;
  expect(restored).toMatchObject({ code: exitCodes.restored, json: { outcome: 'restored', request: 'the first' } });
  expect(JSON.stringify(restored.json.reason)).toContain('cannot connect');

  await late.says('goes on in the next rotation');
  await attest((await waitingFor('app')).newKey);
  const refreshed = await late.ended;
  expect(refreshed).toMatchObject({ code: exitCodes.ok, json: { request: 'the late one', joined: true } });
  expect(refreshed.json.rotation).not.toBe(restored.json.rotation);
});

test('a rotation that needs a person: the to-do, and an exit code of its own', async () => {
  const broken = 'demo/broken';
  await line.run(['store', broken], { input: 'the known-good' });
  const watching = line.start(['rotate', broken, '--wait', '--json']);
  const { newKey } = await waitingFor('app', broken);
  appendFileSync(join(line.home, 'vault', 'broken', 'soon.vault.json'), 'not what Keyturn wrote');
  const failed = ['--consumer', 'app', '--instance', '1', '--key', newKey ?? '', '--status', 'failed'];
  await line.run(['attest', broken, ...failed]);
  const { code, json } = await watching.ended;
  expect({ code, state: json.state }).toEqual({ code: exitCodes.quarantined, state: 'quarantined' });
  expect(json.todo).toContainEqual(expect.stringContaining(`retry ${broken}`));
  const { stdout } = await line.run(['status', broken]);
  expect(stdout).toMatch(/quarantined.*\n[\s\S]*to do:\n +1\. /);
});
