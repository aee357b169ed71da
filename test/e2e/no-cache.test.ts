import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Rotating, startRotating } from '../support/rotating.ts';
import { postgresIssuer } from './support/issuers.ts';
import { leftOpen, sceneOf } from './support/scene.ts';
import { filePlace } from './support/vault-places.ts';

/** Without a cache every task replays the workflow from its first event: what is not deterministic ends here. */

let rotating: Rotating;
beforeAll(async () => {
  rotating = await startRotating({ maxCachedWorkflows: 0 });
});
afterAll(() => rotating?.stop());

/** @param passes whether the credential's own test passes for the second login as it does for the first. */
async function scene(passes: boolean) {
  const issuer = await postgresIssuer();
  const { first, shape } = issuer;
  const places = [
    await filePlace(rotating.ctx, { first, shape }),
    await filePlace(rotating.ctx, { first, shape, name: 'copy' }),
  ];
  const sql = passes ? 'select 1' : `select 1 where session_user = '${issuer.logins[0]}'`;
  const smokeTests = [{ sql, expect: 'rows' }];
  return { issuer, places, ...sceneOf(rotating, issuer, places, { smokeTests, soakMs: 400 }) };
}

test('rotated', async () => {
  const { credential, issuer, places } = await scene(true);
  const started = await rotating.start(credential);
  await rotating.until(started, ({ waits }) => waits.some(({ name }) => name === 'soak'));
  expect(await started.handle.result()).toMatchObject({ outcome: 'rotated', oldKeyRefused: { answer: '28P01' } });
  const values = await Promise.all(places.map((place) => place.current()));
  expect(new Set(values).size).toBe(1);
  expect(await issuer.accepts(values[0] ?? '')).toBe(true);
  expect(await issuer.accepts(issuer.first)).toBe(false);
  expect(await leftOpen(rotating, credential)).toEqual([]);
});

test('restored', async () => {
  const { credential, issuer, places } = await scene(false);
  const started = await rotating.start(credential);
  expect(await started.handle.result()).toMatchObject({
    outcome: 'restored',
    reason: { message: expect.stringMatching(/smoke test .* fails/) },
  });
  for (const place of places) expect(await place.current()).toBe(issuer.first);
  expect(await issuer.accepts(issuer.first)).toBe(true);
  expect(await issuer.keys()).toEqual([issuer.logins[0]]);
});
