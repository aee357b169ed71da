import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { Credential } from '../../contract/index.ts';
import { accessKeysOf, awsIssuer } from '../e2e/support/issuers.ts';
import { sceneOf } from '../e2e/support/scene.ts';
import { filePlace } from '../e2e/support/vault-places.ts';
import { lossyRoad } from '../support/aws/lossy.ts';
import { delayKeysOf, makeKey, owner } from '../support/aws/places.ts';
import { pull, waitsFor } from '../support/consumers.ts';
import { type Rotating, startRotating } from '../support/rotating.ts';
import { endOf, expectEnd, gate, Openings, rotate, says } from './support.ts';

/** Traps around keys that an issuer makes: what AWS lists and accepts is looked at with its own clients. */

const openings = new Openings();
let rotating: Rotating;
beforeAll(async () => {
  rotating = await startRotating();
});
afterAll(async () => {
  await rotating?.stop();
  await openings.close();
});

/** A user with one key, which a target of the file vault serves, and the road on which Keyturn goes to AWS. */
async function scene(given: Partial<Credential> = {}, propagation: string | 0 = 0) {
  const road = await lossyRoad(inject('aws').endpoint);
  openings.add(() => road.close());
  const issuer = await awsIssuer({ endpoint: road.endpoint, propagation });
  const place = await filePlace(rotating.ctx, { first: issuer.first, shape: issuer.shape });
  return { road, issuer, place, ...sceneOf(rotating, issuer, [place], given) };
}

const idIn = (document: string): string => JSON.parse(document).id;

describe.concurrent('deletes the oldest of two keys, whoever made it', () => {
  test.concurrent.each(['the one in use', "a stranger's"])('the oldest is %s', async (oldest) => {
    const issuer = await awsIssuer();
    const { id, secret } = await makeKey(issuer.user);
    const younger = JSON.stringify({ id, secret });
    const first = oldest === 'the one in use' ? issuer.first : younger;
    const place = await filePlace(rotating.ctx, { first, shape: issuer.shape });
    const { credential, standing } = sceneOf(rotating, issuer, [place]);
    const before = await standing();
    expectEnd(await rotate(rotating, credential), { outcome: 'unchanged', reason: { kind: 'limit' } });
    expect(await standing()).toBe(before);
    expect([await issuer.accepts(issuer.first), await issuer.accepts(younger)]).toEqual([true, true]);
  });
});

describe.concurrent('deactivates the live key before its replacement is in use', () => {
  test('what is served works, and is another key, when AWS is asked to disable and to delete', async () => {
    const { credential, issuer, place, road } = await scene();
    const seen: Record<string, { serves: string; works: boolean }> = {};
    for (const action of ['UpdateAccessKey', 'DeleteAccessKey']) {
      road.before(action, async () => {
        const document = await place.current();
        seen[action] = { serves: idIn(document), works: await issuer.accepts(document) };
      });
    }
    const { newKey, outcome } = await rotate(rotating, credential);
    expect(outcome).toBe('rotated');
    const served = { serves: newKey, works: true };
    expect(seen).toEqual({ UpdateAccessKey: served, DeleteAccessKey: served });
  });
});

describe.concurrent('makes a second key each period, so that keys live twice as long as the policy says', () => {
  test('after each of two periods there is the one key that is served', async () => {
    const { credential, issuer, place } = await scene();
    const served = [await place.current()];
    for (const _period of ['first', 'second']) {
      const { newKey } = await rotate(rotating, credential);
      served.push(await place.current());
      expect(await accessKeysOf(issuer.user)).toEqual([{ id: newKey, status: 'Active' }]);
    }
    const accepted = await Promise.all(served.map((document) => issuer.accepts(document)));
    expect(accepted).toEqual([false, false, true]);
  });
});

describe.concurrent('leaves a key untracked when it ends between making and storing; each retry adds one', () => {
  // What is lost is looked for when its attempt can no longer do anything.
  const limits = { stepMs: 30_000, settleMs: 20_000, refusalMs: 20_000, attemptMs: 2_000, pollMs: 100 };

  test.concurrent('the reply to the making is lost twice', async () => {
    const { credential, issuer, place, road } = await scene({ limits });
    road.before('CreateAccessKey', async () => {
      road.loseReplyTo('CreateAccessKey');
      road.before('CreateAccessKey', async () => road.loseReplyTo('CreateAccessKey'));
    });
    expectEnd(await rotate(rotating, credential), { outcome: 'rotated' });
    expect(road.seen.filter((action) => action === 'CreateAccessKey')).toHaveLength(3);
    expect(await issuer.keys()).toEqual([idIn(await place.current())]);
  });

  test.concurrent('the rotation is ended by force before it has stored the key, twice', async () => {
    const { credential, issuer, place, road } = await scene({ limits });
    for (const _time of ['first', 'second']) {
      const [made, goOn] = [gate(), gate()];
      road.before('CreateAccessKey', async () => {
        road.before('GetCallerIdentity', async () => {
          made.open();
          await goOn.opened;
        });
      });
      const started = await rotating.start(credential);
      await made.opened;
      await started.handle.terminate('by force');
      goOn.open();
      expect(await issuer.keys()).toHaveLength(2);
      expect(await place.current()).toBe(issuer.first);
    }
    expectEnd(await rotate(rotating, credential), { outcome: 'rotated' });
    expect(await issuer.keys()).toEqual([idIn(await place.current())]);
  });
});

describe.concurrent('in an emergency revokes the old key before anything proves that the new one works', () => {
  const hurried = async () => {
    const given = await scene({ graceMs: 600_000, soakMs: 600_000, consumers: [pull] });
    const started = await rotating.start(given.credential, { urgency: 'expedited' });
    const { newKey = '' } = await rotating.until(started, waitsFor('consumer app'));
    const [old] = await given.issuer.keys();
    expect(await accessKeysOf(given.issuer.user)).toEqual([
      { id: old, status: 'Active' },
      { id: newKey, status: 'Active' },
    ]);
    expect(await given.issuer.accepts(given.issuer.first)).toBe(true);
    return { ...given, newKey, old, started };
  };

  test.concurrent('an expedited rotation skips the waiting, not the evidence', async () => {
    const { issuer, newKey, started } = await hurried();
    await says(started, newKey);
    expectEnd(await endOf(rotating, started), { outcome: 'rotated' });
    expect(await issuer.accepts(issuer.first)).toBe(false);
  });

  test.concurrent('a new key that stops working is taken back, however urgent it is', async () => {
    const { issuer, newKey, old, place, started } = await hurried();
    await owner().iam.updateAccessKey({ UserName: issuer.user, AccessKeyId: newKey, Status: 'Inactive' });
    await says(started, newKey);
    await rotating.until(started, (now) => now.state === 'undoing' && waitsFor('consumer app')(now));
    await says(started, old);
    expectEnd(await endOf(rotating, started), { outcome: 'restored' });
    expect(await accessKeysOf(issuer.user)).toEqual([{ id: old, status: 'Active' }]);
    expect(await place.current()).toBe(issuer.first);
  });
});

// Apart from the others: AWS has to be asked again within two seconds.
describe('takes a key for dead that some servers still accept', () => {
  const lateMs = 2_000;

  test.concurrent('AWS is late: the old key is deleted only when its disabling is known there', async () => {
    const { credential, issuer, road } = await scene({}, '5s');
    const accepted: boolean[] = [];
    const look = async () => void accepted.push(await issuer.accepts(issuer.first));
    road.before('UpdateAccessKey', async () => {
      await delayKeysOf(issuer.user, lateMs);
      // The next thing that is asked: by then it has been disabled, and nobody knows.
      road.before('GetCallerIdentity', look);
    });
    road.before('DeleteAccessKey', look);
    expectEnd(await rotate(rotating, credential), {
      outcome: 'rotated',
      oldKeyRefused: { answer: 'InvalidClientTokenId' },
    });
    expect(accepted).toEqual([true, false]);
  });

  test.concurrent('AWS never hears of it: at the deadline that is no success, and the old key comes back', async () => {
    const limits = { stepMs: 30_000, settleMs: 30_000, refusalMs: 8_000, attemptMs: 5_000, pollMs: 100 };
    const { credential, issuer, place, road } = await scene({ limits }, '500ms');
    road.before('UpdateAccessKey', async () => {
      await delayKeysOf(issuer.user, 3_600_000);
      road.before('UpdateAccessKey', () => delayKeysOf(issuer.user, 0));
    });
    expectEnd(await rotate(rotating, credential), {
      outcome: 'restored',
      reason: { message: expect.stringMatching(/still accepted/) },
    });
    expect(await place.current()).toBe(issuer.first);
    expect(await accessKeysOf(issuer.user)).toEqual([{ id: idIn(issuer.first), status: 'Active' }]);
  });
});
