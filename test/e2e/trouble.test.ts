import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { connect } from '../../client/connect.ts';
import * as rotations from '../../client/rotations.ts';
import type { Credential, Reason, Request } from '../../contract/index.ts';
import { makeKey, nowhere, owner } from '../support/aws/places.ts';
import { pull, waitsFor } from '../support/consumers.ts';
import { type Google, startGoogle } from '../support/google/server.ts';
import { type Rotating, startRotating } from '../support/rotating.ts';
import { accessKeysOf, awsIssuer, type Issuer, postgresIssuer, setPassword } from './support/issuers.ts';
import { roadTo } from './support/road.ts';
import { entriesOf, type Scene, sceneOf } from './support/scene.ts';
import { awsPlace, filePlace, googlePlace } from './support/vault-places.ts';

let rotating: Rotating;
let google: Google;
beforeAll(async () => {
  [rotating, google] = await Promise.all([startRotating(), startGoogle()]);
});
afterAll(() => Promise.all([rotating?.stop(), google?.stop()]));

/** Ends unchanged, with a reason; nothing at provider or vault has changed, nor was it tried. */
async function refused(scene: Scene, request: Partial<Request> = {}): Promise<Reason> {
  const before = await scene.standing();
  const end = await rotating.rotate(scene.credential, request);
  expect(end).toMatchObject({ outcome: 'unchanged', reason: { message: expect.any(String) } });
  expect(await scene.standing()).toBe(before);
  const tried = (await entriesOf(rotating, scene.credential)).filter((entry) => entry.kind === 'intent');
  expect(tried).toEqual([]);
  return end.reason as Reason;
}

async function inFile(issuer: Issuer, given: Partial<Credential> = {}) {
  const place = await filePlace(rotating.ctx, { first: issuer.first, shape: issuer.shape });
  return { place, ...sceneOf(rotating, issuer, [place], given) };
}

describe.concurrent('wrong admin credentials', () => {
  test('postgres: names server, reference and SQLSTATE', async () => {
    const issuer = await postgresIssuer();
    const scene = await inFile(issuer);
    rotating.env[issuer.admin.name] = issuer.admin.wrong;
    const reason = await refused(scene);
    expect(reason.kind).toBe('unauthorized');
    expect(reason.message).toMatch(/PostgreSQL at 127\.0\.0\.1:\d+ refuses the admin login .*28P01/);
    expect(reason.message).toContain(issuer.admin.name);
    expect(reason.fix).toMatch(/Correct the reference `admin`/);
  });

  test('aws: names the system and the field', async () => {
    const issuer = await awsIssuer();
    const scene = await inFile(issuer);
    rotating.env[issuer.admin.name] = issuer.admin.wrong;
    const reason = await refused(scene);
    expect(reason.kind).toBe('unauthorized');
    expect(reason.message).toMatch(/aws-iam-access-key/);
    expect(reason.fix).toMatch(/admin/);
  });

  test('an admin reference that is not set', async () => {
    const issuer = await postgresIssuer();
    const scene = await inFile(issuer);
    delete rotating.env[issuer.admin.name];
    const reason = await refused(scene);
    expect(reason.message).toBe(`the environment variable ${issuer.admin.name} is not set`);
    expect(reason.fix).toContain(`set ${issuer.admin.name}`);
  });
});

describe.concurrent('a vault that denies', () => {
  test.each(['latest', 'alias'] as const)('google, readers of %s', async (readers) => {
    const issuer = await postgresIssuer();
    const place = googlePlace(google, readers, { first: issuer.first, shape: issuer.shape });
    const reason = await refused(sceneOf(rotating, issuer, [{ ...place, ...place.denied }]));
    expect(reason.kind).toBe('unauthorized');
    expect(reason.message).toMatch(/target main .*secretmanager\.versions\.access.*denied/);
  });

  test('aws', async () => {
    const issuer = await awsIssuer();
    const place = await awsPlace({ first: issuer.first, shape: issuer.shape });
    const reason = await refused(sceneOf(rotating, issuer, [{ ...place, ...place.denied }]));
    expect(reason.kind).toBe('unauthorized');
    expect(reason.message).toMatch(/target main \(aws-secrets-manager\).*not authorized/);
  });
});

describe.concurrent('both slots full', () => {
  test('aws: lists both keys with age and last use; the one that the request names goes, through the gate', async () => {
    const issuer = await awsIssuer();
    const stranger = await makeKey(issuer.user);
    await issuer.accepts(JSON.stringify({ id: stranger.id, secret: stranger.secret }));
    const scene = await inFile(issuer);
    const { id: inUse } = JSON.parse(issuer.first) as { id: string };
    const reason = await refused(scene);
    expect(reason.kind).toBe('limit');
    for (const id of [inUse, stranger.id]) {
      expect(reason.message).toMatch(
        new RegExp(`${id} \\(active, created 20[^,]+, last used 20[^,]+, not made by Keyturn`),
      );
    }
    expect(reason.fix).toMatch(/--replace/);
    const wrong = await refused(scene, { replace: inUse });
    expect(wrong).toMatchObject({ kind: 'not-found', message: expect.stringContaining(inUse) });
    const end = await rotating.rotate(scene.credential, { replace: stranger.id });
    expect(end).toMatchObject({ outcome: 'rotated', oldKey: inUse });
    expect(await issuer.keys()).toEqual([end.newKey]);
    const close = (await entriesOf(rotating, scene.credential)).findLast((entry) => entry.kind === 'close');
    expect(close?.detail?.evidence).toMatchObject([{ going: stranger.id }, { going: inUse }]);
  });

  test('postgres: both logins hold a password', async () => {
    const issuer = await postgresIssuer();
    const [inUse, other] = issuer.logins;
    await setPassword(other, 'somebody-elses-password');
    const scene = await inFile(issuer);
    const reason = await refused(scene);
    expect(reason).toMatchObject({ kind: 'limit', message: expect.stringContaining(`${other}/unmarked`) });
    expect(reason.message).toContain(`${inUse}/`);
    const end = await rotating.rotate(scene.credential, { replace: `${other}/unmarked` });
    expect(end).toMatchObject({ outcome: 'rotated' });
    expect(await issuer.keys()).toEqual([other]);
    expect(await issuer.accepts(await scene.place.current())).toBe(true);
  });
});

describe.concurrent('what stands is not as it should be', () => {
  test('targets that differ, both with a key that works', async () => {
    const issuer = await awsIssuer();
    const other = await makeKey(issuer.user);
    const second = JSON.stringify({ id: other.id, secret: other.secret });
    const { shape } = issuer;
    const places = [
      await awsPlace({ first: issuer.first, shape }),
      googlePlace(google, 'alias', { first: second, shape, name: 'copy' }),
    ];
    const reason = await refused(sceneOf(rotating, issuer, places));
    const { id } = JSON.parse(issuer.first) as { id: string };
    expect(reason).toMatchObject({
      kind: 'conflict',
      message: `the targets differ: main serves ${id}, copy serves ${other.id}`,
      fix: expect.stringMatching(/--converge/),
    });
  });

  test('postgres: a known-good that no longer works, unless the request accepts it', async () => {
    const issuer = await postgresIssuer();
    const scene = await inFile(issuer);
    await setPassword(issuer.logins[0], 'changed-behind-our-back');
    const reason = await refused(scene);
    expect(reason).toMatchObject({ kind: 'invalid', fix: expect.stringMatching(/--accept-broken/) });
    expect(reason.message).toMatch(/what is current .*main \(28P01\)$/);
    expect(await rotating.rotate(scene.credential, { acceptBroken: true })).toMatchObject({ outcome: 'rotated' });
    expect(await issuer.accepts(await scene.place.current())).toBe(true);
  });

  test('aws: a known-good that somebody disabled, unless the request accepts it', async () => {
    const issuer = await awsIssuer();
    const scene = await inFile(issuer);
    const { id } = JSON.parse(issuer.first) as { id: string };
    await owner().iam.updateAccessKey({ UserName: issuer.user, AccessKeyId: id, Status: 'Inactive' });
    expect(await refused(scene)).toMatchObject({ kind: 'invalid', fix: expect.stringMatching(/--accept-broken/) });
    const end = await rotating.rotate(scene.credential, { acceptBroken: true });
    expect(end).toMatchObject({ outcome: 'rotated' });
    expect(await accessKeysOf(issuer.user)).toEqual([{ id: end.newKey, status: 'Active' }]);
  });
});

test('a smoke test that the known-good fails: nothing would come back from there either', async () => {
  const issuer = await postgresIssuer();
  const scene = await inFile(issuer, { smokeTests: [{ sql: 'select 1 from no_such_table' }] });
  const reason = await refused(scene);
  expect(reason.message).toMatch(/smoke test .* fails for the login .* 42P01/);
});

describe.concurrent('out of reach', () => {
  test('a database that is down at the start is waited for', async () => {
    const road = await roadTo(inject('postgres'), { closed: true });
    const issuer = await postgresIssuer(road.port);
    const scene = await inFile(issuer);
    const started = await rotating.start(scene.credential);
    expect(await lastFailure(started)).toMatch(/provider postgres: \w+: .*ECONNREFUSED/);
    await road.open();
    expect(await rotations.ended(started.handle)).toMatchObject({ outcome: 'rotated' });
    expect(await issuer.accepts(await scene.place.current())).toBe(true);
    await road.close();
  });

  test('a database that goes down in the middle is waited for', async () => {
    const road = await roadTo(inject('postgres'));
    const issuer = await postgresIssuer(road.port);
    const scene = await inFile(issuer, { consumers: [pull] });
    const started = await rotating.start(scene.credential);
    const { newKey: keyId } = await rotating.until(started, waitsFor('consumer app'));
    await road.close();
    await rotations.attest(started.handle, { consumer: 'app', instance: 'one', keyId, status: 'loaded' });
    expect(await lastFailure(started)).toMatch(/ECONNREFUSED/);
    expect(await rotations.progress(started.handle)).toMatchObject({ state: 'running', phase: 'retire' });
    await road.open();
    expect(await rotations.ended(started.handle)).toMatchObject({ outcome: 'rotated', newKey: keyId });
    await road.close();
  });

  test('a database that stays down ends unchanged, and is named', async () => {
    const road = await roadTo(inject('postgres'), { closed: true });
    const issuer = await postgresIssuer(road.port);
    const limits = { stepMs: 4_000, settleMs: 5_000, refusalMs: 5_000, attemptMs: 1_000, pollMs: 100 };
    const reason = await refused(await inFile(issuer, { limits }));
    expect(reason.kind).toBe('transient');
    expect(reason.message).toMatch(/provider postgres: \w+: .*ECONNREFUSED 127\.0\.0\.1:\d+/);
  });

  test('no Temporal at the address', async () => {
    const address = (await nowhere()).replace('http://', '');
    await expect(connect({ TEMPORAL_ADDRESS: address })).rejects.toMatchObject({
      kind: 'transient',
      message: `no Temporal answers at ${address}`,
      fix: expect.stringMatching(/TEMPORAL_ADDRESS/),
    });
  });
});

/** What the activity that is tried again and again says, once it has failed. */
async function lastFailure({ handle }: rotations.Started): Promise<string> {
  return vi.waitFor(
    async () => {
      const { raw } = await handle.describe();
      const message = raw.pendingActivities?.[0]?.lastFailure?.message;
      if (!message) throw new Error('nothing has failed yet');
      return message;
    },
    { timeout: 15_000, interval: 50 },
  );
}
