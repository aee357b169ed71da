import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { type DevServer, startDevServer } from '../../client/embedded/dev-server.ts';
import { type MadeAudit, makeAudit } from '../../connectors/audit/postgres/harness.ts';
import { keyRingFile, openKeyRing } from '../../connectors/keyrings/file/index.ts';
import { testContext } from '../support/context.ts';
import { keyturn, type Program, startWorkerProgram } from './support/processes.ts';
import { filePlace } from './support/vault-places.ts';

/** Two workers, one at a site, append to one audit as its writer; whoever looks is its reader. */

const ids = ['main/hook/SECRET', 'dmz/hook/SECRET'] as const;
let folder: string;
let server: DevServer;
let audit: MadeAudit;
let env: Record<string, string>;
let workers: Program[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keyturn-audit-'));
  const home = join(folder, 'home');
  const ctx = testContext({ home, keys: await openKeyRing(keyRingFile(home), { create: true }) });
  [server, audit] = await Promise.all([startDevServer(), makeAudit()]);
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
  const asWriter = { ...env, AUDIT_URL: audit.writer };
  workers = await Promise.all([startWorkerProgram(asWriter), startWorkerProgram({ ...asWriter, KEYTURN_SITE: 'dmz' })]);
});
afterAll(async () => {
  await Promise.all(workers.map((worker) => worker.stop()));
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

test('no worker says the password, which stands in none of its arguments', () => {
  const { password } = new URL(audit.writer);
  for (const worker of workers) {
    expect(worker.cmdline + worker.stdout() + worker.stderr()).not.toContain(password);
  }
});
