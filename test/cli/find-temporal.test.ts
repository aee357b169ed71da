import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { cacheFolder, findTemporal } from '../../client/embedded/find-temporal.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyturn-find-'));
  vi.stubGlobal('fetch', () => Promise.reject(new Error('no network')));
});
afterEach(() => {
  vi.unstubAllGlobals();
  rmSync(folder, { recursive: true, force: true });
});

test('an empty XDG_CACHE_HOME is as none', () => {
  expect(cacheFolder({ XDG_CACHE_HOME: '' })).toBe(cacheFolder({}));
  expect(cacheFolder({}).startsWith(join(homedir(), '.cache'))).toBe(true);
});

test.each([
  ['says why', 'echo "downloading" >&2; echo "proxy.example: no route to host" >&2; exit 1', 'proxy.example: no route'],
  ['says nothing', 'exit 3', 'exit code 3'],
])('a Go that cannot build it and %s', async (_what, script, expected) => {
  writeFileSync(join(folder, 'go'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const env = { PATH: folder, XDG_CACHE_HOME: join(folder, 'cache') };
  await expect(findTemporal({ env })).rejects.toMatchObject({
    kind: 'not-found',
    message: expect.stringContaining(expected),
  });
});

test('no Go at all', async () => {
  const env = { PATH: folder, XDG_CACHE_HOME: join(folder, 'cache') };
  await expect(findTemporal({ env })).rejects.toThrow(/go install did not build one: spawn go ENOENT/);
});
