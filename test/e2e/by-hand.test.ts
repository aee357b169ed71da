import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as rotations from '../../client/rotations.ts';
import { credentialOf, type Rotating, startRotating, storeFirst } from '../support/rotating.ts';

/** What people send by hand, past the command line. */

let rotating: Rotating;
beforeAll(async () => {
  rotating = await startRotating();
});
afterAll(() => rotating?.stop());

test.each([
  ['nothing', []],
  ['null', [null]],
  ['an empty object', [{}]],
  [
    'a credential without limits',
    [{ credential: { ...credentialOf({ provider: { type: 'random' }, targets: [] }), limits: {} }, requests: [] }],
  ],
])('a rotation started with %s ends at once, and says why', async (_what, args) => {
  const workflowId = `rotation/test/${randomUUID()}`;
  const handle = await rotating.client.workflow.start('rotation', { workflowId, taskQueue: rotating.taskQueue, args });
  await expect(handle.result()).rejects.toMatchObject({
    cause: { message: expect.stringMatching(/not a rotation's input/) },
  });
});

test('an attestation for a consumer that the credential does not have decides nothing; one with controls is left aside', async () => {
  const target = { name: 'main', vault: 'file', secret: `app/${randomUUID()}`, value: 'raw' as const };
  await storeFirst(rotating.ctx, target, 'the-value-of-the-beginning');
  const credential = credentialOf({ provider: { type: 'random' }, targets: [target], graceMs: 600_000 });
  const started = await rotating.start(credential);
  const { newKey } = await rotating.until(started, ({ waits }) => waits.some(({ name }) => name === 'grace'));
  await rotations.attest(started.handle, { consumer: 'nobody', instance: 'x', keyId: newKey, status: 'failed' });
  await rotations.attest(started.handle, {
    consumer: 'nobody',
    instance: '\u001b[2K',
    keyId: newKey,
    status: 'failed',
  });
  await started.handle.signal('request', { by: '\u001b]0;owned\u0007' });
  const { requests, state } = await rotations.progress(started.handle);
  expect({ state, requests: requests.length }).toEqual({ state: 'running', requests: 1 });
  await rotations.proceed(started.handle, { by: 'ada' });
  expect(await rotations.ended(started.handle)).toMatchObject({ outcome: 'rotated' });
});
