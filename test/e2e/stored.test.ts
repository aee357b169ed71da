import { afterAll, beforeAll, expect, test } from 'vitest';
import { credentialOf, type Rotating, readCurrent, startRotating, storeFirst } from '../support/rotating.ts';

let rotating: Rotating;
beforeAll(async () => {
  rotating = await startRotating();
});
afterAll(() => rotating?.stop());

test('a stored value without accepters is replaced in the file vault', async () => {
  const target = { name: 'main', vault: 'file', secret: 'webhook/signing', value: 'raw' as const };
  await storeFirst(rotating.ctx, target, 'the-first-signing-secret');
  const end = await rotating.rotate(credentialOf({ provider: { type: 'random' }, targets: [target] }));
  expect(end).toMatchObject({ outcome: 'rotated' });
  expect(await readCurrent(rotating.ctx, target)).not.toBe('the-first-signing-secret');
});
