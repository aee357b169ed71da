import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { calculateJwkThumbprint } from 'jose';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createFile } from '../../connectors/keyrings/file/durable.ts';
import { keyRingFile, openKeyRing, rotateRingKey } from '../../connectors/keyrings/file/index.ts';
import { keyPurposes } from '../../contract/index.ts';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyturn-keyring-'));
  file = keyRingFile(join(folder, 'home'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Starts them all, lets them go together, and gives what each printed. */
async function runTogether(role: string, count: number): Promise<string[][]> {
  const child = fileURLToPath(new URL('./keyring.child.ts', import.meta.url));
  const runs = Array.from({ length: count }, () => {
    const run = spawn(process.execPath, [child, role, file], { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines: string[] = [];
    const output = createInterface({ input: run.stdout }).on('line', (line) => lines.push(line));
    return { run, lines, ready: once(output, 'line'), closed: once(run, 'close') };
  });
  await Promise.all(runs.map(({ ready }) => ready));
  for (const { run } of runs) run.stdin.end('go');
  await Promise.all(runs.map(({ closed }) => closed));
  return runs.map(({ lines }) => lines.slice(1));
}

const make = () => openKeyRing(file, { create: true });

describe('making and opening', () => {
  test('makes a key for each purpose, and opens the same again', async () => {
    const made = await make();
    const opened = await openKeyRing(file, { create: false });
    const kids = new Set<string>();
    for (const purpose of keyPurposes) {
      const key = await made.current(purpose);
      expect(await opened.current(purpose)).toEqual(key);
      expect(await opened.byId(purpose, key.kid)).toEqual(key);
      kids.add(key.kid);
    }
    expect(kids.size).toBe(keyPurposes.length);
  });

  test('256-bit oct keys, and Ed25519 for signing, under its thumbprint', async () => {
    const ring = await make();
    for (const purpose of ['seal', 'file-vault', 'fingerprint'] as const) {
      const { jwk } = await ring.current(purpose);
      expect(jwk.kty).toBe('oct');
      expect(Buffer.from(String(jwk.k), 'base64url')).toHaveLength(32);
    }
    const { kid, jwk } = await ring.current('sign');
    expect(jwk).toMatchObject({ kty: 'OKP', crv: 'Ed25519' });
    expect(await calculateJwkThumbprint(jwk as { kty: string })).toBe(kid);
  });

  test('only its owner can read it', async () => {
    await make();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'home')).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(folder, 'home'))).toEqual(['keys.json']);
  });

  test('without a file: not found, and none is made', async () => {
    await expect(openKeyRing(file, { create: false })).rejects.toMatchObject({ kind: 'not-found' });
    expect(existsSync(file)).toBe(false);
  });

  test.each(['640', '604', '660', '777'])('mode %s is refused, with the fix', async (mode) => {
    const ring = await make();
    chmodSync(file, Number.parseInt(mode, 8));
    const refusal = { kind: 'invalid', fix: expect.stringContaining(`chmod 600 ${file}`) };
    await expect(openKeyRing(file, { create: true })).rejects.toMatchObject(refusal);
    await expect(ring.current('seal')).rejects.toMatchObject(refusal);
    chmodSync(file, 0o600);
    await expect(ring.current('seal')).resolves.toBeDefined();
  });

  test('processes that make it at the same time all use one ring', async () => {
    const kids = new Set((await runTogether('open', 4)).flat());
    expect([...kids]).toEqual([(await (await openKeyRing(file, { create: false })).current('seal')).kid]);
    expect(readdirSync(join(folder, 'home'))).toEqual(['keys.json']);
  });

  test('a file that another process has made first is left as it is', () => {
    const path = join(folder, 'first');
    expect(createFile(path, 'theirs')).toBe(true);
    expect(createFile(path, 'ours')).toBe(false);
    expect(readFileSync(path, 'utf8')).toBe('theirs');
    expect(readdirSync(folder)).toEqual(['first']);
  });

  test('making it in one process several times at once gives one ring', async () => {
    const rings = await Promise.all([make(), make(), make()]);
    const kids = await Promise.all(rings.map(async (ring) => (await ring.current('sign')).kid));
    expect(new Set(kids).size).toBe(1);
  });
});

describe('damage', () => {
  const spoil = async (change: (text: string) => string) => {
    const ring = await make();
    const { jwk } = await ring.current('seal');
    writeFileSync(file, change(readFileSync(file, 'utf8')));
    const error = await openKeyRing(file, { create: true }).catch((failure) => failure);
    expect(error).toMatchObject({ kind: 'invalid', message: expect.stringContaining(file) });
    expect(inspect(error, { depth: 10 })).not.toContain(String(jwk.k).slice(0, 20));
    await expect(ring.current('seal')).rejects.toMatchObject({ kind: 'invalid' });
  };

  test('cut off', () => spoil((text) => text.slice(0, -20)));
  test('empty', () => spoil(() => ''));
  test('a key too short', () => spoil((text) => text.replace(/"k": ".{6}/, '"k": "')));
  test('a current that names no key', () => spoil((text) => text.replace(/"current": "/, '"current": "x')));
  test('a field that it does not know', () => spoil((text) => text.replace('"use": "enc"', '"purpose": "enc"')));

  test('a newer schema is named as such', async () => {
    await make();
    writeFileSync(file, readFileSync(file, 'utf8').replace('"schema": 1', '"schema": 2'));
    await expect(openKeyRing(file, { create: true })).rejects.toMatchObject({
      kind: 'invalid',
      message: expect.stringContaining('schema 2'),
    });
  });
});

describe('rotating', () => {
  test('a new key is current, the earlier stays, the other purposes are as they were', async () => {
    const ring = await make();
    const before = await Promise.all(keyPurposes.map((purpose) => ring.current(purpose)));
    const made = await rotateRingKey(file, 'seal');
    expect(await ring.current('seal')).toEqual(made);
    for (const [index, purpose] of keyPurposes.entries()) {
      const old = before[index];
      expect(await ring.byId(purpose, String(old?.kid))).toEqual(old);
      if (purpose !== 'seal') expect(await ring.current(purpose)).toEqual(old);
    }
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test('at the same time: every new key is kept', async () => {
    const ring = await make();
    const made = await Promise.all([
      rotateRingKey(file, 'sign'),
      rotateRingKey(file, 'sign'),
      rotateRingKey(file, 'seal'),
    ]);
    expect(await ring.byId('sign', made[0].kid)).toEqual(made[0]);
    expect(await ring.byId('sign', made[1].kid)).toEqual(made[1]);
    expect(await ring.current('seal')).toEqual(made[2]);
  });

  test('by several processes at the same time: every new key is kept', async () => {
    const ring = await make();
    const made = (await runTogether('rotate', 2)).flat();
    expect(made).toHaveLength(40);
    for (const kid of made) expect(await ring.byId('seal', kid)).toMatchObject({ kid });
  });

  test('a purpose never gets another’s key', async () => {
    const ring = await make();
    const { kid } = await ring.current('seal');
    await expect(ring.byId('file-vault', kid)).rejects.toMatchObject({ kind: 'not-found' });
  });

  test('a ring may hold few purposes', async () => {
    const ring = await make();
    const all = JSON.parse(readFileSync(file, 'utf8'));
    writeFileSync(file, JSON.stringify({ schema: 1, purposes: { 'file-vault': all.purposes['file-vault'] } }));
    expect(await ring.current('file-vault')).toBeDefined();
    await expect(ring.current('seal')).rejects.toMatchObject({ kind: 'not-found' });
  });
});
