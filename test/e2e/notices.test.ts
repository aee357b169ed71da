import { afterAll, beforeAll, expect, test } from 'vitest';
import * as rotations from '../../client/rotations.ts';
import type { Credential } from '../../contract/index.ts';
import { credentialOf, type Rotating, startRotating } from '../support/rotating.ts';
import { startReceiver } from './support/notified.ts';
import { filePlace, type VaultPlace } from './support/vault-places.ts';

const first = 'the-known-good-value';
const by = { by: 'ada', reason: 'test' };
let rotating: Rotating;
let receiver: Awaited<ReturnType<typeof startReceiver>>;
let place: VaultPlace;

beforeAll(async () => {
  receiver = await startReceiver();
  rotating = await startRotating({ env: receiver.env });
});
afterAll(() => Promise.all([rotating?.stop(), receiver?.stop()]));

async function given(changes: Partial<Credential>): Promise<Credential> {
  for (const list of [receiver.told, receiver.answers]) list.splice(0);
  place = await filePlace(rotating.ctx, { first });
  return credentialOf({
    ...{ provider: { type: 'random' }, targets: [place.target] },
    notify: receiver.notify,
    ...changes,
  });
}

test('an approval that is wanted, with the command that gives it', async () => {
  const credential = await given({ approval: { approvers: 1, withinMs: 60_000 } });
  const started = await rotating.start(credential);
  const { keyturn, text } = await receiver.hear('approval wanted');
  const { planHash } = await rotating.until(started, ({ waits }) => waits.some(({ name }) => name === 'approval'));
  expect(keyturn).toMatchObject({
    credential: credential.id,
    todo: [expect.stringContaining(`--plan ${planHash}`), expect.anything()],
  });
  expect(text).toContain(`keyturn approve ${credential.id} --plan ${planHash}`);
  await rotations.approve(started.handle, { by: 'grace', planHash: planHash ?? '' });
  expect(await rotations.ended(started.handle)).toMatchObject({ outcome: 'rotated' });
  expect(receiver.told).toHaveLength(1);
});

test('a laggard by name, once, after one that could not be delivered', async () => {
  const consumer = { instances: 1, canary: 0, required: true, role: 'uses' as const };
  const credential = await given({
    consumers: [{ type: 'pull', name: 'slow-app', reads: 'main', ...consumer }],
    refreshWithinMs: 200,
  });
  receiver.answers.push(503);
  const started = await rotating.start(credential);
  const { keyturn } = await receiver.hear('late');
  expect(keyturn.todo.at(-1)).toContain(`keyturn proceed ${credential.id} --wait "consumer slow-app"`);
  await rotations.proceed(started.handle, { ...by, wait: 'consumer slow-app' });
  expect(await rotations.ended(started.handle)).toMatchObject({ outcome: 'rotated' });
  expect(receiver.told).toHaveLength(1);
});

test('a quarantine, with its to-do', async () => {
  const credential = await given({ graceMs: 60_000 });
  const started = await rotating.start(credential);
  await rotating.until(started, ({ waits }) => waits.some(({ name }) => name === 'grace'));
  await place.overwrite('what somebody else put there');
  await rotations.rollBack(started.handle, by);
  const { keyturn, text } = await receiver.hear('quarantined');
  expect(text).toContain(`${credential.id} is quarantined in undo of `);
  expect(keyturn.todo.join()).toContain(`keyturn retry ${credential.id}`);
  await place.overwrite(first);
  await rotations.retry(started.handle, by);
  expect(await rotations.ended(started.handle)).toMatchObject({ outcome: 'restored' });
});

test('the end of a rotation of something compromised', async () => {
  const credential = await given({});
  const started = await rotating.start(credential, { urgency: 'compromised' });
  const end = await rotations.ended(started.handle);
  expect((await receiver.hear('compromise ended')).text).toContain(
    `${credential.id}, which was compromised, ended ${end.outcome}`,
  );
});

test('where nobody can be told the rotation goes on all the same', async () => {
  const credential = await given({ approval: { approvers: 1, withinMs: 60_000 } });
  receiver.answers.push(...Array.from({ length: 100 }, () => 400));
  const started = await rotating.start(credential);
  const { planHash } = await rotating.until(started, ({ waits }) => waits.some(({ name }) => name === 'approval'));
  await rotations.approve(started.handle, { by: 'grace', planHash: planHash ?? '' });
  expect(await rotations.ended(started.handle)).toMatchObject({ outcome: 'rotated' });
});
