import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import * as rotations from '../../client/rotations.ts';
import type { AttestationStatus, Credential, CredentialConsumer } from '../../contract/index.ts';
import { type LossyRoad, lossyRoad } from '../support/aws/lossy.ts';
import { makeKey } from '../support/aws/places.ts';
import { pull, waitsFor } from '../support/consumers.ts';
import { type Google, startGoogle } from '../support/google/server.ts';
import { credentialOf, type Rotating, startRotating } from '../support/rotating.ts';
import { awsIssuer, postgresIssuer, setPassword } from './support/issuers.ts';
import { entriesOf, leftOpen, sceneOf } from './support/scene.ts';
import { awsPlace, filePlace, googlePlace, type VaultPlace } from './support/vault-places.ts';

/** Somebody else acts while a rotation is under way: it stops, and leaves alone what is not its own. */

let rotating: Rotating;
let google: Google;
beforeAll(async () => {
  [rotating, google] = await Promise.all([startRotating(), startGoogle()]);
});
afterAll(() => Promise.all([rotating?.stop(), google?.stop()]));

const by = { by: 'ada', reason: 'test' };

const first = 'the-known-good-value';

/** Where the new value is pending, somebody else writes before it is served; where the newest wins, before it is attested. */
const kinds: Record<string, { make(): Promise<VaultPlace> | VaultPlace; role: CredentialConsumer['role'] }> = {
  file: { make: () => filePlace(rotating.ctx, { first }), role: 'accepts' },
  'google, readers of an alias': { make: () => googlePlace(google, 'alias', { first }), role: 'accepts' },
  'google, readers of latest': { make: () => googlePlace(google, 'latest', { first }), role: 'uses' },
  aws: { make: () => awsPlace({ first }), role: 'accepts' },
};

describe.concurrent('somebody else writes a version while consumers are waited for', () => {
  test.each(Object.entries(kinds))('%s', async (_kind, { make, role }) => {
    const place = await make();
    Object.assign(rotating.env, place.env);
    const credential = credentialOf({
      provider: { type: 'random' },
      targets: [place.target],
      consumers: [{ ...pull, role }],
      limits: { stepMs: 5_000, settleMs: 5_000, refusalMs: 5_000, attemptMs: 2_500, pollMs: 100 },
    });
    const started = await rotating.start(credential);
    const { newKey, oldKey } = await rotating.until(started, waitsFor('consumer app'));
    const says = (status: AttestationStatus, keyId = newKey) =>
      rotations.attest(started.handle, { consumer: 'app', instance: 'one', keyId, status });
    await place.overwrite('what somebody else put there');
    const theirs = await place.standing();
    await says('loaded');
    const { quarantine } = await rotating.until(started, ({ state }) => state === 'quarantined');
    expect(quarantine).toMatchObject({ during: 'undo', reason: { kind: 'conflict' } });
    expect(quarantine?.reason.message).toMatch(/main/);
    expect(quarantine?.todo.join()).toMatch(/retry .*resolve/s);
    expect(await place.current()).toBe('what somebody else put there');
    expect(await place.standing()).toBe(theirs);
    // They take it back; then it can be put right.
    await place.overwrite(first);
    await says('dropped');
    await rotations.retry(started.handle, by);
    if (role === 'uses') {
      await rotating.until(started, waitsFor('consumer app'));
      await says('loaded', oldKey);
    }
    expect(await rotations.ended(started.handle)).toMatchObject({ outcome: 'restored' });
    expect(await place.current()).toBe(first);
    expect(await leftOpen(rotating, credential)).toEqual([]);
  });
});

describe.concurrent('a key of somebody else appears at the provider', () => {
  async function awsScene(given: Partial<Credential> = {}) {
    const road = await lossyRoad(inject('aws').endpoint);
    const issuer = await awsIssuer({ endpoint: road.endpoint });
    const place = await filePlace(rotating.ctx, { first: issuer.first, shape: issuer.shape });
    const limits = { stepMs: 10_000, settleMs: 10_000, refusalMs: 5_000, attemptMs: 1_500, pollMs: 100 };
    const scene = sceneOf(rotating, issuer, [place], { limits, ...given });
    const { id: inUse } = JSON.parse(issuer.first) as { id: string };
    let theirs = '';
    const appear = async () => {
      theirs = (await makeKey(issuer.user)).id;
    };
    const left = async () => ({ keys: await issuer.keys(), expected: [inUse, theirs] });
    return { road, issuer, place, scene, appear, left };
  }

  async function stopped(given: Awaited<ReturnType<typeof awsScene>>, kind: string) {
    const end = await rotating.rotate(given.scene.credential);
    expect(end).toMatchObject({ outcome: 'restored', reason: { kind } });
    const { expected, keys } = await given.left();
    expect([...keys].sort()).toEqual([...expected].sort());
    for (const id of expected.slice(kind === 'limit' ? 0 : 1)) expect(end.reason?.message).toContain(id);
    expect(await given.place.current()).toBe(given.issuer.first);
    expect(await leftOpen(rotating, given.scene.credential)).toEqual([]);
    await given.road.close();
  }

  test('aws, after the inspection and before the key is made', async () => {
    const given = await awsScene();
    second(given.road, 'ListAccessKeys', given.appear);
    await stopped(given, 'conflict');
    expect(given.road.seen).not.toContain('CreateAccessKey');
  });

  test('aws, at the very moment in which the key is made', async () => {
    const given = await awsScene();
    given.road.before('CreateAccessKey', given.appear);
    await stopped(given, 'limit');
  });

  test('postgres, while people are asked: the approvals are void', async () => {
    const issuer = await postgresIssuer();
    const place = await filePlace(rotating.ctx, { first: issuer.first, shape: issuer.shape });
    const approval = { approvers: 1, withinMs: 60_000 };
    const { credential, standing } = sceneOf(rotating, issuer, [place], { approval });
    const started = await rotating.start(credential);
    const { planHash = '' } = await rotating.until(started, waitsFor('approval'));
    await setPassword(issuer.logins[1], 'somebody-elses-password');
    const theirs = await standing();
    await rotations.approve(started.handle, { by: 'grace', planHash });
    const end = await rotations.ended(started.handle);
    expect(end).toMatchObject({ outcome: 'unchanged', reason: { kind: 'limit' } });
    expect(end.reason?.message).toContain(`${issuer.logins[1]}/unmarked`);
    expect(await standing()).toBe(theirs);
  });
});

/** Runs before the second request of this action. */
function second(road: LossyRoad, action: string, work: () => Promise<void>): void {
  road.before(action, async () => road.before(action, work));
}

describe('what an operator asks for and cannot have is refused, with the reason', () => {
  test('in the grace', async () => {
    const place = await filePlace(rotating.ctx, { first });
    const provider = { type: 'random' };
    const started = await rotating.start(credentialOf({ provider, targets: [place.target], graceMs: 60_000 }));
    await rotating.until(started, waitsFor('grace'));
    const { handle } = started;
    await expect(rotations.retry(handle, by)).rejects.toThrow(/not quarantined: there is nothing to try again/);
    await expect(rotations.resolve(handle, by)).rejects.toThrow(/not quarantined: there is nothing to resolve/);
    await expect(rotations.approve(handle, { ...by, planHash: 'x' })).rejects.toThrow(/not waiting for an approval/);
    await expect(rotations.reject(handle, by)).rejects.toThrow(/not waiting for an approval/);
    await expect(rotations.proceed(handle, { ...by, wait: 'soak' })).rejects.toThrow(/not waiting for "soak"/);
    await expect(rotations.rollBack(handle, { by: '' })).rejects.toThrow(/^by: /);
    await rotations.proceed(handle, by);
    expect(await rotations.ended(handle)).toMatchObject({ outcome: 'rotated' });
    for (const send of [rotations.retry, rotations.resolve, rotations.rollBack, rotations.reject]) {
      await expect(send(handle, by)).rejects.toMatchObject({ kind: 'not-found', fix: expect.any(String) });
    }
  });

  test('past the pivot there is no way back', async () => {
    const place = await filePlace(rotating.ctx, { first });
    const credential = credentialOf({
      provider: { type: 'random' },
      targets: [place.target],
      consumers: [{ ...pull, role: 'accepts' }],
    });
    const started = await rotating.start(credential);
    const { newKey, oldKey } = await rotating.until(started, waitsFor('consumer app'));
    const { handle } = started;
    const says = (keyId: string | undefined, status: 'loaded' | 'dropped') =>
      rotations.attest(handle, { consumer: 'app', instance: 'one', keyId, status });
    await says(newKey, 'loaded');
    await rotating.until(started, ({ pastPivot, waits }) => pastPivot && waits.length === 1);
    await expect(rotations.rollBack(handle, by)).rejects.toThrow(/it is too late: the old key is being deleted/);
    await handle.cancel();
    await says(oldKey, 'dropped');
    expect(await rotations.ended(handle)).toMatchObject({ outcome: 'rotated' });
    const decisions = (await entriesOf(rotating, credential)).filter((entry) => entry.kind === 'decision');
    expect(decisions).toEqual([]);
  });
});
