import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { temporaryName } from '../../connectors/keyrings/file/durable.ts';
import { keyRingFile, openKeyRing } from '../../connectors/keyrings/file/index.ts';
import { connector } from '../../connectors/vaults/file/index.ts';
import { type Context, KeyturnError, Secret, type Vault } from '../../contract/index.ts';
import { testContext } from '../support/context.ts';

// Some thousand files are opened, on a machine that may be busy.
vi.setConfig({ testTimeout: 180_000 });

const secret = 'orders/db';
const vault: Vault = connector.open(connector.schema.parse({ vault: 'file', secret }));

let home: string;
let ctx: Context;
let file: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'keyturn-torn-'));
  ctx = testContext({ home, keys: await openKeyRing(keyRingFile(home), { create: true }) });
  file = join(home, 'vault', `${secret}.vault.json`);
  await vault.write(ctx, new Secret('first value'), 'absent');
});
afterEach(() => rm(home, { recursive: true, force: true }));

/** What readers see: which value each label names. */
async function seen(): Promise<Record<string, string>> {
  const labels = ['current', 'pending', 'previous'] as const;
  const stored = await Promise.all(labels.map((label) => vault.read(ctx, label)));
  return Object.fromEntries(
    stored.map((each, index) => [labels[index], each === 'absent' ? 'absent' : each.value.reveal()]),
  );
}

async function current(): Promise<string> {
  const stored = await vault.read(ctx, 'current');
  return stored === 'absent' ? 'absent' : stored.version.id;
}

async function pending(): Promise<string> {
  const stored = await vault.read(ctx, 'pending');
  return stored === 'absent' ? 'absent' : stored.version.id;
}

/** Each kind of change that a rotation makes, in its order. */
const changes: Record<string, () => Promise<unknown>> = {
  write: async () => vault.write(ctx, new Secret('second value'), await current()),
  moveCurrent: async () => vault.moveCurrent(ctx, await pending(), await current()),
  destroy: async () => {
    const previous = await vault.read(ctx, 'previous');
    if (previous !== 'absent') await vault.destroy(ctx, previous.version.id);
  },
};

interface Changed {
  before: Buffer;
  after: Buffer;
  seenBefore: Record<string, string>;
  seenAfter: Record<string, string>;
}

/** Makes all changes up to this one. */
async function changedBy(name: string): Promise<Changed> {
  for (const [each, change] of Object.entries(changes)) {
    const [before, seenBefore] = [await readFile(file), await seen()];
    await change();
    if (each === name) return { before, after: await readFile(file), seenBefore, seenAfter: await seen() };
  }
  throw new Error(`there is no change ${name}`);
}

/** Every file below the folder with what tells one state of it from another. */
async function filesOf(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const states = paths.map(async (path) => [path, `${(await stat(path)).ino} ${await readFile(path, 'hex')}`] as const);
  return new Map(await Promise.all(states));
}

test.each(Object.keys(changes))('%s replaces one file by another, and touches none in its place', async (name) => {
  for (const [each, change] of Object.entries(changes)) {
    const before = await filesOf(home);
    const inode = (await stat(file)).ino;
    await change();
    const after = await filesOf(home);
    if (each !== name) continue;
    // The lock's file is empty, and made by the first who locks.
    const changed = [...after].filter(([path, state]) => before.get(path) !== state).map(([path]) => path);
    expect(changed).toEqual([file]);
    expect([...before.keys()].filter((path) => !after.has(path))).toEqual([]);
    expect((await stat(file)).ino).not.toBe(inode);
    return;
  }
});

test.each(Object.keys(changes))('%s that ended at any byte of the file beside leaves the old version', async (name) => {
  const { before, after, seenBefore } = await changedBy(name);
  await writeFile(file, before);
  const beside = temporaryName(file);
  for (let length = 0; length <= after.length; length += 1) {
    await writeFile(beside, after.subarray(0, length));
    expect(await seen(), `${length} bytes`).toEqual(seenBefore);
  }
  // The next one to change something goes on, and clears away what was left.
  await changes[name]?.();
  expect(await readdir(dirname(file))).toEqual(['db.vault.json']);
});

/** The versions, or that the file is damaged: anything else that happens is thrown. */
async function seenOrDamaged(): Promise<Record<string, string> | 'damaged'> {
  try {
    return await seen();
  } catch (error) {
    if (error instanceof KeyturnError && error.kind === 'invalid') return 'damaged';
    throw error;
  }
}

// The protocol never comes here: a disk that lies, or a copy that was cut off, may.
test.each(Object.keys(changes))('a file that was torn in %s is called damaged, and never mixed', async (name) => {
  const { before, after, seenBefore, seenAfter } = await changedBy(name);
  const results = new Set<string>();
  for (let length = 0; length < after.length; length += 1) {
    for (const rest of [Buffer.alloc(0), before.subarray(length)]) {
      await writeFile(file, Buffer.concat([after.subarray(0, length), rest]));
      const found = await seenOrDamaged();
      results.add(found === 'damaged' ? found : 'whole');
      if (found !== 'damaged') expect([seenBefore, seenAfter], `${length} bytes`).toContainEqual(found);
    }
  }
  expect([...results].sort()).toEqual(['damaged', 'whole']);
});
