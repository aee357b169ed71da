import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { stringify } from 'yaml';
import { type DevServer, startDevServer } from '../../client/embedded/dev-server.ts';
import { asAdmin, type MadeAudit, makeAudit } from '../../connectors/audit/postgres/harness.ts';
import { keyRingFile, openKeyRing } from '../../connectors/keyrings/file/index.ts';
import { testContext } from '../support/context.ts';
import { keyturn, type Program, startProgram, startWorkerProgram } from './support/processes.ts';
import { type Road, roadTo } from './support/road.ts';
import { filePlace } from './support/vault-places.ts';

/** Two workers, one at a site, append to one audit as its writer; whoever looks is its reader. */

const ids = ['main/hook/SECRET', 'dmz/hook/SECRET'] as const;
let folder: string;
let server: DevServer;
let audit: MadeAudit;
let env: Record<string, string>;
let workers: Program[] = [];
let road: Road;
/** While it is there, the workers do not get through to their audit, and it is told of each try. */
let turnedAway: (() => void) | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keyturn-audit-'));
  const home = join(folder, 'home');
  const ctx = testContext({ home, keys: await openKeyRing(keyRingFile(home), { create: true }) });
  const admits = async () => {
    turnedAway?.();
    return turnedAway === undefined;
  };
  [server, audit, road] = await Promise.all([startDevServer(), makeAudit(), roadTo(inject('postgres'), { admits })]);
  const places = await Promise.all(ids.map((id) => filePlace(ctx, { first: `first-of-${id}` })));
  const declared = ids.map((id, index) => {
    const site = id.startsWith('dmz') ? { site: 'dmz' } : {};
    const targets = [places[index]?.target];
    return [id, { owner: 'tests', ...site, provider: { type: 'random' }, targets, grace: 0, soak: 0 }];
  });
  await writeFile(join(folder, 'keyturn.yaml'), stringify({ credentials: Object.fromEntries(declared) }));
  env = {
    TEMPORAL_ADDRESS: server.address,
    KEYTURN_HOME: home,
    KEYTURN_CATALOG: join(folder, 'keyturn.yaml'),
    KEYTURN_AUDIT: 'postgres:env:AUDIT_URL',
    AUDIT_URL: audit.reader,
  };
  const asWriter = { ...env, AUDIT_URL: Object.assign(new URL(audit.writer), { port: road.port }).href };
  workers = await Promise.all([startWorkerProgram(asWriter), startWorkerProgram({ ...asWriter, KEYTURN_SITE: 'dmz' })]);
});
afterAll(async () => {
  await Promise.all(workers.map((worker) => worker.stop()));
  await road?.close();
  await audit?.drop();
  await server?.stop();
  if (folder) await rm(folder, { recursive: true, force: true });
});

async function run(...args: string[]) {
  const program = keyturn([...args, '--json'], env);
  const code = await program.exited;
  const lines = program.stdout().trimEnd().split('\n');
  expect({ code, stderr: code === 0 ? '' : program.stderr() }).toEqual({ code: 0, stderr: '' });
  return { lines, json: JSON.parse(lines.at(-1) ?? '{}') };
}

test('rotations of two workers stand in one audit', async () => {
  const ended = await Promise.all(ids.map((id) => run('rotate', id, '--wait')));
  expect(ended.map(({ json }) => json.outcome)).toEqual(['rotated', 'rotated']);
  const { json } = await run('audit', 'verify');
  expect(json).toMatchObject({ ok: true, signatures: 'verified' });
  const heads = json.chains.map(({ head }: { head: object }) => head);
  expect(heads).toEqual([ended[1]?.json.audit, ended[0]?.json.audit]);
});

test('what reads the audit reads this one', async () => {
  const [id] = ids;
  expect((await run('audit', 'export', id)).lines.length).toBeGreaterThan(4);
  const bundle = join(folder, 'bundle.json');
  await run('audit', 'bundle', id, '--out', bundle);
  expect((await run('audit', 'verify', '--bundle', bundle)).json).toMatchObject({ ok: true, close: 'verified' });
  const { credentials } = (await run('list')).json;
  expect(credentials.map(({ lastRotatedAt }: { lastRotatedAt: unknown }) => lastRotatedAt)).not.toContain(null);
  expect((await run('history', id)).json).toMatchObject({ sources: { audit: true } });
});

test('a rotation waits for an audit that is away, and goes on when it is there again', async () => {
  const [id] = ids;
  const away = new Promise<void>((resolve) => {
    let tries = 0;
    turnedAway = () => ++tries === 2 && resolve();
  });
  await asAdmin(
    audit.admin,
    `select pg_terminate_backend(pid, 5000) from pg_stat_activity
       where application_name = 'keyturn audit' and datname = current_database()`,
  );
  const rotated = run('rotate', id, '--wait');
  await away;
  turnedAway = undefined;
  expect((await rotated).json).toMatchObject({ outcome: 'rotated' });
  expect((await run('audit', 'verify', id)).json).toMatchObject({ ok: true, chains: [{ closes: [{}, {}], open: [] }] });
});

test('a worker does not migrate: it ends, and names the command', async () => {
  const bare = await makeAudit({ migrated: false });
  const worker = startProgram('workers/main.ts', [], { ...env, AUDIT_URL: bare.writer });
  expect(await worker.exited).toBe(1);
  expect(worker.stdout() + worker.stderr()).toContain('keyturn audit migrate');
  await bare.drop();
});

test('no worker says the password, which stands in none of its arguments', () => {
  const { password } = new URL(audit.writer);
  for (const worker of workers) {
    expect(worker.cmdline + worker.stdout() + worker.stderr()).not.toContain(password);
  }
});
