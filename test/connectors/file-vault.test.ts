import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { keyRingFile, openKeyRing, rotateRingKey } from '../../connectors/keyrings/file/index.ts';
import { placeOf } from '../../connectors/vaults/file/config.ts';
import { type Content, readDocument, writeDocument } from '../../connectors/vaults/file/document.ts';
import { connector, readFileVault } from '../../connectors/vaults/file/index.ts';
import { type Context, type KeyRing, Secret, type Vault, type VersionId } from '../../contract/index.ts';
import { testContext } from '../support/context.ts';

const plaintext = 'file-vault-plaintext';
let home: string;
let keys: KeyRing;
let ctx: Context;
let vault: Vault;

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'keyturn-file-vault-'));
  keys = await openKeyRing(keyRingFile(home), { create: true });
  ctx = testContext({ home, keys });
  vault = openVault('orders/db');
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const configOf = (secret: string, path?: string) => connector.schema.parse({ vault: 'file', secret, path });
const openVault = (secret: string, path?: string) => connector.open(configOf(secret, path));
const fileOf = (secret: string) => join(home, 'vault', `${secret}.vault.json`);
const value = (name: string) => new Secret(`${plaintext} ${name}`);

/** Current is `second`, previous `first`, and `third` is pending. */
async function fill(): Promise<Record<'first' | 'second' | 'third', VersionId>> {
  const first = (await vault.write(ctx, value('first'), 'absent')).id;
  const second = (await vault.write(ctx, value('second'), first)).id;
  await vault.moveCurrent(ctx, second, first);
  const third = (await vault.write(ctx, value('third'), second)).id;
  return { first, second, third };
}

async function refusal(promise: Promise<unknown>) {
  const error = await promise.then(
    () => expect.fail('it should have been refused'),
    (failure) => failure,
  );
  expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(plaintext);
  return error;
}

describe('the configuration', () => {
  test.each(['', '/etc/passwd', '../x', 'a/../b', 'a/..', './a', 'a//b', 'a/', '.hidden', 'a\\b', 'a\0b', 'a b'])(
    'refuses the secret %j',
    (secret) => {
      expect(connector.schema.safeParse({ vault: 'file', secret }).success).toBe(false);
    },
  );

  test('a secret cannot be a folder in another secret’s place', () => {
    expect(connector.schema.safeParse({ vault: 'file', secret: 'db.vault.json/x' }).success).toBe(false);
  });

  test('the location is the same however the folder is written', () => {
    const locations = [undefined, 'vault', './vault', 'vault/', 'x/../vault'].map((path) =>
      connector.location(configOf('orders/db', path)),
    );
    expect(new Set(locations)).toEqual(new Set(['file:vault/orders/db']));
    expect(connector.location(configOf('orders/db', '/srv/vault'))).toBe('file:/srv/vault/orders/db');
  });

  test('another folder, absolute or below home, is another place', async () => {
    await fill();
    expect(await openVault('orders/db', 'other').read(ctx, 'current')).toBe('absent');
    const same = await openVault('orders/db', join(home, 'vault')).read(ctx, 'current');
    expect(same).toMatchObject({ value: value('second') });
  });
});

describe('the files', () => {
  test('only their owner can read them, and nothing else is left there', async () => {
    await fill();
    const found = readdirSync(join(home, 'vault'), { recursive: true, withFileTypes: true });
    expect(found.map((entry) => entry.name).sort()).toEqual(['.lock', 'db.vault.json', 'orders']);
    for (const entry of found) {
      const mode = statSync(join(entry.parentPath, entry.name)).mode & 0o777;
      expect(mode, entry.name).toBe(entry.isDirectory() ? 0o700 : 0o600);
    }
    expect(await vault.warnings?.(ctx)).toEqual([]);
  });

  test('no plaintext stands in any of them', async () => {
    await fill();
    const forms = ['utf8', 'base64', 'base64url', 'hex', 'utf16le'] as const;
    for (const entry of readdirSync(home, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const bytes = readFileSync(join(entry.parentPath, entry.name));
      for (const form of forms) {
        const needle = form === 'utf16le' ? Buffer.from(plaintext, form) : Buffer.from(plaintext).toString(form);
        expect(bytes.includes(needle.slice(0, 20)), `${entry.name} as ${form}`).toBe(false);
      }
    }
  });

  test('a destroyed value is gone from the file', async () => {
    const { third } = await fill();
    await vault.destroy(ctx, third);
    const { versions } = await contentOf('orders/db');
    expect(versions.map(({ id }) => id)).not.toContain(third);
  });

  test('revisions grow by one with each change, and by none without', async () => {
    const { second, third } = await fill();
    expect((await contentOf('orders/db')).revision).toBe(4);
    await vault.write(ctx, value('third'), second);
    await vault.moveCurrent(ctx, second, second);
    expect((await contentOf('orders/db')).revision).toBe(4);
    await vault.destroy(ctx, third);
    expect((await contentOf('orders/db')).revision).toBe(5);
  });

  test('a version’s id does not come back when the file is deleted by hand', async () => {
    const { first } = await fill();
    rmSync(fileOf('orders/db'));
    expect((await vault.write(ctx, value('other'), 'absent')).id).not.toBe(first);
  });
});

describe('damage is refused, and named', () => {
  test('cut off anywhere', async () => {
    await fill();
    const whole = readFileSync(fileOf('orders/db'));
    for (let length = 0; length < whole.length - 1; length += 97) {
      writeFileSync(fileOf('orders/db'), whole.subarray(0, length));
      const error = await refusal(vault.read(ctx, 'current'));
      expect(error).toMatchObject({ kind: 'invalid', message: expect.stringContaining(fileOf('orders/db')) });
    }
    expect(await refusal(vault.write(ctx, value('x'), 'absent'))).toMatchObject({ kind: 'invalid' });
  });

  test('a flipped bit, wherever it is, is refused or changes nothing', async () => {
    await fill();
    const whole = readFileSync(fileOf('orders/db'));
    const before = await contentOf('orders/db');
    let tried = 0;
    let refused = 0;
    for (let bit = 0; bit < whole.length * 8; bit += 37) {
      tried += 1;
      const flipped = Buffer.from(whole);
      flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      writeFileSync(fileOf('orders/db'), flipped);
      // The last character of a base64url text has bits that mean nothing.
      const found = await contentOf('orders/db').catch(async (error) => {
        expect(error).toMatchObject({ kind: 'invalid', message: expect.stringContaining(fileOf('orders/db')) });
        refused += 1;
        return before;
      });
      expect(found).toEqual(before);
    }
    expect(refused / tried).toBeGreaterThan(0.95);
  });

  test('the file of another secret', async () => {
    await fill();
    cpSync(fileOf('orders/db'), fileOf('payments'));
    const error = await refusal(openVault('payments').read(ctx, 'current'));
    expect(error).toMatchObject({ kind: 'invalid', message: expect.stringContaining('stored for orders/db') });
  });

  test('values exchanged between versions, or taken from another secret, although all else is sealed anew', async () => {
    const { first, second } = await fill();
    const content = await contentOf('orders/db');
    const sealedValue = (id: string) => content.versions.find((version) => version.id === id)?.value ?? '';
    await rewrite('orders/db', {
      ...content,
      versions: content.versions.map((v) => ({ ...v, value: sealedValue(first) })),
    });
    expect(await refusal(vault.read(ctx, { id: second }))).toMatchObject({ kind: 'invalid' });
    expect(await vault.read(ctx, { id: first })).toMatchObject({ value: value('first') });
    const other = { ...content, secret: 'payments' };
    await rewrite('payments', other);
    expect(await refusal(openVault('payments').read(ctx, 'current'))).toMatchObject({ kind: 'invalid' });
  });

  test('labels changed by hand', async () => {
    const { first, second } = await fill();
    const text = readFileSync(fileOf('orders/db'), 'utf8');
    writeFileSync(fileOf('orders/db'), text.replace(`"current": "${second}"`, `"current": "${first}"`));
    expect(await refusal(vault.read(ctx, 'current'))).toMatchObject({ kind: 'invalid' });
  });

  test('a newer schema', async () => {
    await fill();
    const text = readFileSync(fileOf('orders/db'), 'utf8');
    writeFileSync(fileOf('orders/db'), text.replace('"schema": 1', '"schema": 2'));
    const error = await refusal(vault.read(ctx, 'current'));
    expect(error).toMatchObject({ kind: 'invalid', message: expect.stringContaining('schema 2') });
  });

  test('a key ring without the key', async () => {
    await fill();
    const { kid } = await keys.current('file-vault');
    const other = await openKeyRing(join(home, 'other.json'), { create: true });
    const error = await refusal(vault.read(testContext({ home, keys: other }), 'current'));
    expect(error).toMatchObject({ kind: 'invalid', message: expect.stringContaining(kid) });
    expect(error.message).toContain(fileOf('orders/db'));
  });

  test('a key ring with the wrong key under the right name', async () => {
    await fill();
    const wrong = readFileSync(keyRingFile(home), 'utf8').replace(
      /"k": "(.)/g,
      (_, char) => `"k": "${char === 'A' ? 'B' : 'A'}`,
    );
    writeFileSync(join(home, 'wrong.json'), wrong, { mode: 0o600 });
    const other = await openKeyRing(join(home, 'wrong.json'), { create: false });
    const error = await refusal(vault.read(testContext({ home, keys: other }), 'current'));
    expect(error).toMatchObject({ kind: 'invalid', message: expect.stringContaining('cannot be decrypted') });
  });
});

test('values of an earlier key stay readable when the ring was rotated', async () => {
  await fill();
  await rotateRingKey(keyRingFile(home), 'file-vault');
  expect(await vault.read(ctx, 'current')).toMatchObject({ value: value('second') });
  await vault.destroy(ctx, (await contentOf('orders/db')).labels.pending ?? '');
  expect(await vault.read(ctx, 'current')).toMatchObject({ value: value('second') });
});

describe('an application', () => {
  test('reads what is current, pending or previous', async () => {
    const { first, second } = await fill();
    expect(await readFileVault({ home, secret: 'orders/db' })).toEqual({
      value: value('second').reveal(),
      version: second,
    });
    expect(await readFileVault({ home, secret: 'orders/db', which: 'pending' })).toMatchObject({
      value: value('third').reveal(),
    });
    expect(await readFileVault({ home, secret: 'orders/db', which: { id: first } })).toMatchObject({ version: first });
  });

  test('is told that there is no value, or no key ring', async () => {
    const error = await refusal(readFileVault({ home, secret: 'payments' }));
    expect(error).toMatchObject({ kind: 'not-found', message: expect.stringContaining('payments') });
    expect(await refusal(readFileVault({ home: join(home, 'x'), secret: 'a' }))).toMatchObject({ kind: 'not-found' });
  });
});

test('system errors have their kinds', () => {
  const kindOf = (code: string) => connector.classify(Object.assign(new Error(code), { code }));
  expect(['EACCES', 'EROFS', 'ENOSPC', 'EIO', 'ENOTDIR', 'EWHATEVER'].map(kindOf)).toEqual([
    'unauthorized',
    'unauthorized',
    'transient',
    'transient',
    'invalid',
    undefined,
  ]);
});

async function contentOf(secret: string): Promise<Content> {
  return readDocument(keys, readFileSync(fileOf(secret), 'utf8'), placeOf(configOf(secret) as never, home));
}

async function rewrite(secret: string, content: Content): Promise<void> {
  writeFileSync(fileOf(secret), await writeDocument(keys, content), { mode: 0o600 });
}
