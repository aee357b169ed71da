import { afterAll, beforeAll, expect, test } from 'vitest';
import { ended } from '../../client/rotations.ts';
import { credentialOf, type Rotating, startRotating, storeFirst } from '../support/rotating.ts';
import { exportOf, opened, sealedIn } from './support/exported.ts';

/** A site's worker has a folder of its own: key ring, file vault and audit. */

const target = { name: 'main', vault: 'file', secret: 'orders/token', value: 'raw' as const };
const site = `site-${process.pid}`;

let main: Rotating;
let atSite: Rotating;
beforeAll(async () => {
  [main, atSite] = await Promise.all([startRotating(), startRotating({ site })]);
});
afterAll(() => Promise.all([main?.stop(), atSite?.stop()]));

test('the main worker’s host has no key to what a site with a ring of its own seals, and no audit of it', async () => {
  await storeFirst(atSite.ctx, target, 'the-first-value-at-the-site');
  const { handle } = await main.start(credentialOf({ site, provider: { type: 'random' }, targets: [target] }));
  expect(await ended(handle)).toMatchObject({ outcome: 'rotated' });
  const [sealed = ''] = sealedIn(await exportOf(handle));
  const opensWith = async ({ keys }: Rotating) =>
    (await opened(sealed, (await keys.current('seal')).jwk.k)) !== undefined;
  expect({ main: await opensWith(main), atSite: await opensWith(atSite) }).toEqual({ main: false, atSite: true });
  const audited = await Promise.all([main, atSite].map(async ({ sink }) => (await sink.credentials()).length));
  expect(audited).toEqual([0, 1]);
});
