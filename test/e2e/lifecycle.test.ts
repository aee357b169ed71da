import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import * as rotations from '../../client/rotations.ts';
import { loadVault } from '../../connectors/load.ts';
import type { AttestationStatus, Credential, CredentialConsumer, Target } from '../../contract/index.ts';
import { Secret } from '../../contract/index.ts';
import { type Application, startApplication } from '../support/application.ts';
import { waitsFor } from '../support/consumers.ts';
import { credentialOf, type Rotating, readCurrent, startRotating, storeFirst } from '../support/rotating.ts';

/** The lifecycle's messages and turns, with a stored value, an application that checks it, and one that uses it. */

let rotating: Rotating;
beforeAll(async () => {
  rotating = await startRotating();
});
afterAll(() => rotating?.stop());

interface Scene {
  app: Application;
  target: Target;
  credential: Credential;
  firstValue: string;
}

async function scene(given: Partial<Credential> = {}, consumers?: Partial<CredentialConsumer>[]): Promise<Scene> {
  const secretName = `app/${randomUUID()}`;
  const firstValue = `first-value-${randomUUID()}`;
  const target: Target = { name: 'main', vault: 'file', secret: secretName, value: 'raw' };
  await storeFirst(rotating.ctx, target, firstValue);
  const app = await startApplication({ home: rotating.home, secretName, firstValue });
  onTestFinished(app.stop);
  rotating.env.APP_WEBHOOK_SECRET = app.secret;
  const asked = consumers ?? [
    { name: 'checker', role: 'accepts' },
    { name: 'user', instances: 2, canary: 1 },
  ];
  const credential = credentialOf({
    provider: { type: 'random', accepter: { url: `${app.url}/whoami` } },
    targets: [target],
    consumers: asked.map((each) => app.consumer(each)),
    ...given,
  });
  return { app, target, credential, firstValue };
}

const by = { by: 'ada', reason: 'test' };

describe('forward', () => {
  test('accepters take both values before users are told, canary first, and drop the old one last', async () => {
    const { app, credential, firstValue, target } = await scene();
    const end = await rotating.rotate(credential);
    expect(end).toMatchObject({ outcome: 'rotated', oldKeyRefused: { answer: 'HTTP 401' } });
    expect(app.changes.map(({ verb, instances }) => `${verb} ${instances}`)).toEqual([
      'accept 1',
      'use 1',
      'use 2',
      'drop 1',
    ]);
    const value = await readCurrent(rotating.ctx, target);
    expect(value).not.toBe(firstValue);
    expect([...app.accepted]).toEqual([value]);
    expect(app.loaded).toBe(value);
    expect(end.evidence).toMatchObject({ consumers: [{ consumer: 'user', instances: ['app-1', 'app-2'] }] });
  });

  test('a silent consumer is waited for, named, told to the operator, and may be waived', async () => {
    const { app, credential } = await scene({ refreshWithinMs: 100 }, [{ name: 'user' }]);
    const firstValue = app.loaded;
    app.silent = true;
    const plain = { ...credential, provider: { type: 'random' } };
    const started = await rotating.start(plain);
    const late = await rotating.until(started, ({ waits }) => waits.some((wait) => wait.late === true));
    expect(late.waits).toMatchObject([
      { name: 'consumer user', detail: expect.stringMatching(/^0 of 1 instances of user/) },
    ]);
    await expect(rotations.proceed(started.handle, { ...by, wait: 'consumer nobody' })).rejects.toThrow(
      /not waiting for "consumer nobody"; waiting for: consumer user/,
    );
    expect(await rotations.proceed(started.handle, by)).toBe('consumer user');
    const end = await rotations.ended(started.handle);
    expect(end).toMatchObject({ outcome: 'rotated', evidence: { consumers: [{ consumer: 'user', waivedBy: 'ada' }] } });
    expect(app.loaded).not.toBe(firstValue);
    const verbs = (await rotating.sink.read(credential.id)).map(({ entry }) => `${entry.kind} ${entry.verb}`);
    expect(verbs).toContain('decision proceed');
  });

  test('a consumer may attest by signal, also before it is asked', async () => {
    const { credential } = await scene({ provider: { type: 'random' } }, [
      { type: 'pull', name: 'checker', role: 'accepts', url: undefined, secret: undefined },
      { type: 'pull', name: 'batch', url: undefined, secret: undefined },
    ]);
    const started = await rotating.start(credential);
    const { newKey, oldKey } = await rotating.until(started, waitsFor('consumer checker'));
    const says = (consumer: string, status: AttestationStatus, keyId = newKey) =>
      rotations.attest(started.handle, { consumer, instance: 'one', keyId, status });
    await says('batch', 'loaded');
    await says('checker', 'loaded');
    await rotating.until(started, ({ phase, waits }) => phase === 'delete' && waits.length === 1);
    await says('checker', 'dropped', oldKey);
    expect(await rotations.ended(started.handle)).toMatchObject({
      outcome: 'rotated',
      evidence: { consumers: [{ consumer: 'batch', instances: ['one'] }] },
    });
  });

  test('a second request joins the open rotation, and its fate is shown', async () => {
    const { credential } = await scene({ graceMs: 60_000 });
    const first = await rotating.start(credential, { id: 'one' });
    await rotating.until(first, waitsFor('grace'));
    const second = await rotating.start(credential, { id: 'two' });
    expect(second.joined).toBe(true);
    const now = await rotating.until(second, ({ requests }) => requests.length === 2);
    expect(now.requests.map(({ id, fate }) => `${id} ${fate}`)).toEqual(['one joined', 'two joined']);
    await rotations.proceed(second.handle, by);
    expect(await rotations.ended(second.handle)).toMatchObject({ outcome: 'rotated' });
    const { requests } = await rotations.progress(second.handle);
    expect(requests.map(({ id, fate }) => `${id} ${fate}`)).toEqual(['one served', 'two served']);
  });
});

describe('back', () => {
  test('a consumer that says the new value fails undoes the rotation', async () => {
    const { app, credential, firstValue, target } = await scene();
    app.failing = ({ verb }) => verb === 'use' && app.loaded !== firstValue;
    const end = await rotating.rotate(credential);
    expect(end).toMatchObject({ outcome: 'restored', reason: { message: expect.stringMatching(/user app-1 says/) } });
    expect(await readCurrent(rotating.ctx, target)).toBe(firstValue);
    expect(app.loaded).toBe(firstValue);
    expect([...app.accepted]).toEqual([firstValue]);
  });

  test.each(['rollBack', 'cancel'] as const)(
    '%s in the grace puts the known-good back and tells the consumers',
    async (how) => {
      const { app, credential, firstValue, target } = await scene({ graceMs: 60_000 });
      const started = await rotating.start(credential);
      await rotating.until(started, waitsFor('grace'));
      expect(app.loaded).not.toBe(firstValue);
      if (how === 'cancel') await started.handle.cancel();
      else await rotations.rollBack(started.handle, by);
      const end = await rotations.ended(started.handle);
      expect(end).toMatchObject({ outcome: 'restored', reason: { kind: 'asked' } });
      expect(await readCurrent(rotating.ctx, target)).toBe(firstValue);
      expect(app.loaded).toBe(firstValue);
      expect([...app.accepted]).toEqual([firstValue]);
      await expect(rotations.rollBack(started.handle, by)).rejects.toThrow(/no open rotation/);
    },
  );

  test('nothing of the new value is left in the vault', async () => {
    const { app, credential, firstValue, target } = await scene();
    app.failing = ({ verb }) => verb === 'use' && app.loaded !== firstValue;
    expect(await rotating.rotate(credential)).toMatchObject({ outcome: 'restored' });
    const { name: _n, value: _v, ...located } = target;
    const connector = await loadVault('file');
    const vault = connector.open(connector.schema.parse(located));
    expect(await vault.read(rotating.ctx, 'pending')).toBe('absent');
    expect(await vault.read(rotating.ctx, 'previous')).toBe('absent');
  });
});

describe('refused at the start, with nothing touched', () => {
  async function refused(given: Scene, request = {}) {
    const before = await readCurrent(rotating.ctx, given.target);
    const end = await rotating.rotate(given.credential, request);
    expect(end.outcome).toBe('unchanged');
    expect(await readCurrent(rotating.ctx, given.target)).toBe(before);
    const effects = (await rotating.sink.read(given.credential.id)).filter(({ entry }) => entry.kind === 'intent');
    expect(effects).toEqual([]);
    return end.reason?.message;
  }

  test('a known-good that no longer works, unless the request says so', async () => {
    const broken = await scene();
    broken.app.accepted.clear();
    expect(await refused(broken)).toMatch(/what is current does not work: main \(HTTP 401\)/);
  });

  test('a consumer whose secret is not set where the worker runs', async () => {
    const given = await scene({}, [{ name: 'user', secret: { env: 'NO_SUCH_SECRET' } }]);
    given.app.accepted.add(given.firstValue);
    expect(await refused(given)).toBe('consumer user: the environment variable NO_SUCH_SECRET is not set');
  });

  test('an empty target', async () => {
    const { credential, target } = await scene();
    const empty = { ...target, secret: `app/${randomUUID()}` };
    const end = await rotating.rotate({ ...credential, targets: [empty] });
    expect(end).toMatchObject({ outcome: 'unchanged', reason: { message: 'target main holds no value yet' } });
  });

  test('targets that differ, unless the request says to converge them', async () => {
    const { app, credential, target } = await scene({}, []);
    const copy = { ...target, name: 'copy', secret: `app/${randomUUID()}` };
    await storeFirst(rotating.ctx, copy, 'another-value-altogether');
    app.accepted.add('another-value-altogether');
    const two = { ...credential, targets: [target, copy] };
    expect(await rotating.rotate(two)).toMatchObject({
      outcome: 'unchanged',
      reason: { kind: 'conflict', message: expect.stringMatching(/^the targets differ: main serves/) },
    });
    const plain = { ...two, provider: { type: 'random' } };
    expect(await rotating.rotate(plain, { converge: true })).toMatchObject({ outcome: 'rotated' });
    expect(await readCurrent(rotating.ctx, copy)).toBe(await readCurrent(rotating.ctx, target));
  });

  test('a rejected and a late approval', async () => {
    const asked = await scene({ approval: { approvers: 1, withinMs: 60_000 } });
    const started = await rotating.start(asked.credential, { by: 'ada' });
    const { planHash = '' } = await rotating.until(started, waitsFor('approval'));
    await expect(rotations.approve(started.handle, { by: 'ada', planHash })).rejects.toThrow(/their own request/);
    await expect(rotations.approve(started.handle, { by: 'grace', planHash: 'other' })).rejects.toThrow(
      /the plan is now/,
    );
    await rotations.reject(started.handle, { by: 'grace' });
    expect(await rotations.ended(started.handle)).toMatchObject({
      outcome: 'unchanged',
      reason: { message: 'rejected by grace' },
    });
    const late = await scene({ approval: { approvers: 1, withinMs: 200 } });
    expect(await refused(late)).toBe('not approved in time (0 of 1)');
  });
});

describe('quarantine', () => {
  /** Somebody else writes into the target while the rotation is in its grace, so that it cannot be put back. */
  async function quarantined() {
    const given = await scene({ graceMs: 60_000, provider: { type: 'random' } }, [{ name: 'user' }]);
    const started = await rotating.start(given.credential);
    await rotating.until(started, waitsFor('grace'));
    const { name: _n, value: _v, ...located } = given.target;
    const connector = await loadVault('file');
    const vault = connector.open(connector.schema.parse(located));
    const current = async () => {
      const stored = await vault.read(rotating.ctx, 'current');
      return stored === 'absent' ? '' : stored.version.id;
    };
    const put = async (value: string) => {
      const from = await current();
      const { id } = await vault.write(rotating.ctx, new Secret(value), from);
      await vault.moveCurrent(rotating.ctx, id, from);
    };
    await put('what somebody else put there');
    await rotations.rollBack(started.handle, by);
    const now = await rotating.until(started, ({ state }) => state === 'quarantined');
    return { ...given, started, now, put };
  }

  test('says what stands where, what was tried and what to do; nothing of somebody else is overwritten', async () => {
    const { now, target } = await quarantined();
    expect(now.quarantine).toMatchObject({
      during: 'undo',
      reason: { kind: 'conflict', message: expect.stringMatching(/somebody else has changed main/) },
    });
    expect(now.quarantine?.standing.join()).toMatch(/target main: .*known-good/);
    expect(now.quarantine?.tried.join()).toMatch(/rolled back by ada: test/);
    expect(now.quarantine?.todo.join()).toMatch(/retry .*resolve/s);
    expect(await readCurrent(rotating.ctx, target)).toBe('what somebody else put there');
  });

  test('takes resolve only when what is found is an end', async () => {
    const { firstValue, put, started } = await quarantined();
    await expect(rotations.resolve(started.handle, by)).rejects.toThrow(/not mended yet: main serves/);
    await put(firstValue);
    expect(await rotations.resolve(started.handle, by)).toBe('restored');
    expect(await rotations.ended(started.handle)).toMatchObject({ outcome: 'restored', resolvedBy: 'ada' });
  });

  test.each(['retry', 'rollBack'] as const)('%s goes on where it stood', async (message) => {
    const { firstValue, put, started, target } = await quarantined();
    const send = message === 'retry' ? rotations.retry : rotations.rollBack;
    await send(started.handle, by);
    await rotating.until(started, ({ quarantine }) => (quarantine?.tried.length ?? 0) > 2);
    await put(firstValue);
    await send(started.handle, by);
    expect(await rotations.ended(started.handle)).toMatchObject({ outcome: 'restored' });
    expect(await readCurrent(rotating.ctx, target)).toBe(firstValue);
  });
});
