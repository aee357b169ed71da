import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { lossyRoad } from '../support/aws/lossy.ts';
import { type Rotating, startRotating } from '../support/rotating.ts';
import { accessKeysOf, awsIssuer } from './support/issuers.ts';
import { entriesOf, leftOpen, sceneOf } from './support/scene.ts';
import { awsPlace } from './support/vault-places.ts';

/** AWS has done it, and nobody hears of it: the end is the same. */

let rotating: Rotating;
beforeAll(async () => {
  rotating = await startRotating();
});
afterAll(() => rotating?.stop());

async function scene() {
  const road = await lossyRoad(inject('aws').endpoint);
  const { endpoint } = road;
  const issuer = await awsIssuer({ endpoint });
  const place = await awsPlace({ endpoint, first: issuer.first, shape: issuer.shape });
  return { road, issuer, place, ...sceneOf(rotating, issuer, [place], { soakMs: 1 }) };
}

async function rotates({ credential, issuer, place, road }: Awaited<ReturnType<typeof scene>>) {
  const end = await rotating.rotate(credential);
  expect(end).toMatchObject({ outcome: 'rotated' });
  expect(await accessKeysOf(issuer.user)).toEqual([{ id: end.newKey, status: 'Active' }]);
  expect(JSON.parse(await place.current())).toMatchObject({ id: end.newKey });
  expect(await issuer.accepts(await place.current())).toBe(true);
  expect(await leftOpen(rotating, credential)).toEqual([]);
  await road.close();
  return end;
}

describe.concurrent('the reply is lost to', () => {
  test('CreateAccessKey: the key whose secret nobody knows is removed, and the audit says how that is known', async () => {
    const given = await scene();
    given.road.loseReplyTo('CreateAccessKey');
    const end = await rotates(given);
    expect(given.road.seen.filter((action) => action === 'CreateAccessKey')).toHaveLength(2);
    const entries = await entriesOf(rotating, given.credential);
    const made = entries.filter(({ kind, verb }) => verb === 'mint' && kind === 'result');
    expect(made).toMatchObject([
      { inferred: true, outcome: 'done', subject: expect.stringMatching(/^AKIA/) },
      { outcome: 'done', subject: end.newKey },
    ]);
    const gone = entries.filter(({ kind, verb }) => verb === 'remove' && kind === 'result');
    expect(gone.map(({ subject }) => subject)).toEqual([made[0]?.subject, end.oldKey]);
  });

  test.each(['PutSecretValue', 'UpdateSecretVersionStage', 'UpdateAccessKey', 'DeleteAccessKey'])(
    '%s: the next attempt finds it done',
    async (action) => {
      const given = await scene();
      given.road.loseReplyTo(action);
      await rotates(given);
      const entries = await entriesOf(rotating, given.credential);
      expect(entries.filter((entry) => entry.inferred)).toEqual([]);
    },
  );

  test('GetCallerIdentity and ListAccessKeys: reads are only repeated', async () => {
    const given = await scene();
    for (const action of ['GetCallerIdentity', 'ListAccessKeys', 'GetSecretValue']) given.road.loseReplyTo(action);
    await rotates(given);
  });
});
