import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest';
import { giveLogin, makeRoles } from '../../connectors/providers/postgres/harness.ts';
import type { SecretRef, Target } from '../../contract/index.ts';
import { credentialOf, type Rotating, startRotating, storeFirst } from '../support/rotating.ts';

/** Admin credentials come by reference only: from the environment, a file, or a place in a vault. */

let rotating: Rotating;
beforeAll(async () => {
  rotating = await startRotating();
});
afterAll(() => rotating?.stop());

const places: Record<string, (url: string) => Promise<SecretRef>> = {
  'the environment': async (url) => {
    rotating.env.TEST_ADMIN_URL = url;
    return { env: 'TEST_ADMIN_URL' };
  },
  'a file': async (url) => {
    const file = join(rotating.home, 'admin-url');
    await writeFile(file, `${url}\n`, { mode: 0o600 });
    return { file };
  },
  'another target': async (url) => {
    const target: Target = { name: 'admin', vault: 'file', secret: 'admin/url', value: 'raw' };
    await storeFirst(rotating.ctx, target, url);
    return { target: { vault: 'file', secret: 'admin/url' } };
  },
};

test.each(Object.keys(places))('an admin whose URL stands in %s', async (place) => {
  const roles = await makeRoles('two logins');
  onTestFinished(roles.drop);
  const adminUrl = (await roles.ctx.resolve({ env: 'ADMIN' })).reveal();
  const login = await giveLogin(roles.config.logins[0] ?? '');
  const { host, port } = inject('postgres');
  const target: Target = { name: 'main', vault: 'file', secret: `app/${randomUUID()}`, value: 'url' };
  const url = `postgres://${login.user?.reveal()}:${login.password?.reveal()}@${host}:${port}/postgres`;
  await storeFirst(rotating.ctx, target, url);
  const admin = await places[place]?.(adminUrl);
  const end = await rotating.rotate(credentialOf({ provider: { ...roles.given, admin }, targets: [target] }));
  expect(end).toMatchObject({ outcome: 'rotated', oldKeyRefused: { answer: '28P01' } });
});
