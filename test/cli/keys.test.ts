import { cpSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { exitCodes } from '../../cli/exit-codes.ts';
import { type DevServer, startDevServer } from '../../client/embedded/dev-server.ts';
import { readFileVault } from '../../connectors/vaults/file/index.ts';
import { CommandLine } from './command-line.ts';

const id = 'demo/hook/SECRET';
const purposes = ['seal', 'sign', 'file-vault'];

/** All that is secret in a ring. */
function secretsIn(file: string): string[] {
  const { purposes: all } = JSON.parse(readFileSync(file, 'utf8')) as {
    purposes: Record<string, { keys: { k?: string; d?: string }[] }>;
  };
  return Object.values(all).flatMap(({ keys }) => keys.flatMap(({ d, k }) => d ?? k ?? []));
}

describe('the ring', () => {
  test('is made once, listed by ids, and gets new keys beside the old ones', async () => {
    const line = CommandLine.forTest();
    expect(await line.run(['keys', 'list'])).toMatchObject({ code: exitCodes.usage });
    const made = await line.run(['keys', 'init', '--json']);
    expect(made).toMatchObject({ code: exitCodes.ok, json: { file: join(line.home, 'keys.json') } });
    expect(await line.run(['keys', 'init'])).toMatchObject({ code: exitCodes.refused });
    const rotated = await line.run(['keys', 'rotate', 'seal', '--json']);
    const { keys, kid } = rotated.json as { kid: string; keys: { purpose: string; kid: string; current: boolean }[] };
    const seals = keys.filter(({ purpose }) => purpose === 'seal');
    expect(seals).toMatchObject([{ current: false }, { kid, current: true }]);
    const listed = await line.run(['keys', 'list']);
    expect(listed.stdout).toContain('kept for what it has made');
    for (const secret of secretsIn(join(line.home, 'keys.json'))) {
      for (const { stderr, stdout } of [made, rotated, listed]) expect(stdout + stderr).not.toContain(secret);
    }
  });

  test('keeps the key by which values have their names', async () => {
    const line = CommandLine.forTest();
    await line.run(['keys', 'init']);
    expect(await line.run(['keys', 'rotate', 'fingerprint'])).toMatchObject({ code: exitCodes.usage });
  });
});

describe('rotations', () => {
  let temporal: DevServer;
  beforeAll(async () => {
    temporal = await startDevServer();
  });
  afterAll(() => temporal?.stop());

  async function withWorker(line: CommandLine, work: () => Promise<void>): Promise<void> {
    const worker = line.start(['worker']);
    onTestFinished(() => void worker.child.kill('SIGKILL'));
    await worker.says('the worker is ready');
    await work();
    worker.child.kill('SIGTERM');
    await worker.ended;
  }

  test('go on with new keys, and from a backup of the ring, the vault and the audit', {
    timeout: 120_000,
  }, async () => {
    const line = CommandLine.forTest({ TEMPORAL_ADDRESS: temporal.address });
    const targets = [{ vault: 'file', secret: id, value: 'raw' }];
    line.catalog(
      stringify({
        credentials: {
          [id]: { owner: 'tests', grace: 0, limits: { poll: '250ms' }, provider: { type: 'random' }, targets },
        },
      }),
    );
    const rotate = async () => {
      const ended = await line.run(['rotate', id, '--wait', '--json']);
      expect(ended, ended.stderr).toMatchObject({ code: exitCodes.ok, json: { outcome: 'rotated' } });
      return ended.json.audit as { seq: number; hash: string };
    };
    expect((await line.run(['store', id], { input: 'the-first-of-all-values' })).code).toBe(exitCodes.ok);
    let head = { seq: 0, hash: '' };
    await withWorker(line, async () => {
      await rotate();
      // The worker takes them up while it runs.
      for (const purpose of purposes) expect((await line.run(['keys', 'rotate', purpose])).code).toBe(exitCodes.ok);
      head = await rotate();
    });
    const backup = join(line.folder, 'backup');
    cpSync(line.home, backup, { recursive: true });
    rmSync(line.home, { recursive: true });
    cpSync(backup, line.home, { recursive: true });
    const verified = await line.run(['audit', 'verify', id, '--head', `${head.seq}:${head.hash}`, '--json']);
    expect(verified).toMatchObject({ code: exitCodes.ok, json: { ok: true, signatures: 'verified' } });
    const before = (await readFileVault({ home: line.home, secret: id })).value;
    await withWorker(line, async () => void (await rotate()));
    expect((await readFileVault({ home: line.home, secret: id })).value).not.toBe(before);
  });
});
