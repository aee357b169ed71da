import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { keyRingFile, openKeyRing } from '../../connectors/keyrings/file/index.ts';
import { connector, readFileVault } from '../../connectors/vaults/file/index.ts';
import { type Context, Secret, type Vault } from '../../contract/index.ts';
import { testContext } from '../support/context.ts';

const program = fileURLToPath(new URL('./file-vault.child.ts', import.meta.url));
let home: string;
let ctx: Context;
let vault: Vault;
let children: ChildProcess[];

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'keyturn-file-vault-'));
  ctx = testContext({ home, keys: await openKeyRing(keyRingFile(home), { create: true }) });
  vault = connector.open(connector.schema.parse({ vault: 'file', secret: 'orders/db' }));
  children = [];
  await vault.write(ctx, new Secret('count 0'), 'absent');
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(home, { recursive: true, force: true });
});

function start(
  role: string,
  prefix: string[] = [],
): { child: ChildProcess; lines: string[]; closed: Promise<unknown> } {
  const [command = '', ...args] = [...prefix, process.execPath, program, role, home];
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const lines: string[] = [];
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => lines.push(line));
  return { child, lines, closed: once(child, 'close') };
}

const current = async () => Number((await readFileVault({ home, secret: 'orders/db' })).value.split(' ')[1]);
const folder = () => readdirSync(join(home, 'vault/orders'));
const until = (condition: () => boolean) => expect.poll(condition, { timeout: 20_000, interval: 1 }).toBe(true);

test('a process that is killed in the middle of writing leaves what was current before or after', async () => {
  for (const kill of [1, 4, 7, 10, 13, 16]) {
    const { child, lines, closed } = start('forever');
    await until(() => lines.length >= kill);
    child.kill('SIGKILL');
    await closed;
    const last = (word: string) => Number(lines.findLast((line) => line.startsWith(word))?.split(' ')[1] ?? 0);
    expect(await current()).toBeOneOf([last('about'), last('about') - 1, last('done')]);
  }
  writeFileSync(join(home, 'vault/orders/.db.vault.json.0123456789ab.tmp'), 'left by a killed process');
  const pending = await vault.read(ctx, 'pending');
  if (pending !== 'absent') await vault.destroy(ctx, pending.version.id);
  await vault.write(ctx, new Secret('next'), await currentId());
  expect(folder()).toEqual(['db.vault.json']);
});

test('processes that contend lose no update', async () => {
  const runs = [start('ten'), start('ten'), start('ten')];
  for (const { closed } of runs) expect(await closed).toEqual([0, null]);
  expect(await current()).toBe(30);
});

test('a paused process keeps its lock, and a killed one leaves none', async () => {
  const { child, lines, closed } = start('hold');
  await until(() => lines.includes('held'));
  child.kill('SIGSTOP');
  const error = await vault.write(ctx, new Secret('second'), await currentId()).catch((failure) => failure);
  expect(error).toMatchObject({ kind: 'transient', message: expect.stringContaining('.lock') });
  // Readers need no lock.
  expect(await current()).toBe(0);
  child.kill('SIGKILL');
  await closed;
  await vault.write(ctx, new Secret('second'), await currentId());
});

test('a write for which there is no room is transient and leaves the file as it was', async () => {
  const before = readFileSync(join(home, 'vault/orders/db.vault.json'), 'utf8');
  // A limit on the size of files fails as a full disk does: first a short write, then an error.
  const { lines, closed } = start('big', ['sh', '-c', 'ulimit -f 16; exec "$@"', 'sh']);
  await closed;
  expect(lines).toEqual(['transient EFBIG']);
  expect(readFileSync(join(home, 'vault/orders/db.vault.json'), 'utf8')).toBe(before);
  expect(folder()).toEqual(['db.vault.json']);
});

async function currentId(): Promise<string> {
  return (await readFileVault({ home, secret: 'orders/db' })).version;
}
