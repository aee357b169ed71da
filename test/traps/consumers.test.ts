import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as rotations from '../../client/rotations.ts';
import type { Credential } from '../../contract/index.ts';
import { postgresIssuer, setPassword } from '../e2e/support/issuers.ts';
import { sceneOf } from '../e2e/support/scene.ts';
import { type Said, startToldConsumer } from '../e2e/support/told-consumer.ts';
import { filePlace } from '../e2e/support/vault-places.ts';
import { startApplication } from '../support/application.ts';
import { waitsFor } from '../support/consumers.ts';
import { credentialOf, type Rotating, startRotating } from '../support/rotating.ts';
import { ada, endOf, expectEnd, Openings, rotate } from './support.ts';

/** Traps around those who use a credential: applications that take signed webhooks and read the vault. */

const openings = new Openings();
let rotating: Rotating;
/** Every task of its workflows replays all that was before it: what is done again on a replay shows. */
let replaying: Rotating;
beforeAll(async () => {
  [rotating, replaying] = await Promise.all([startRotating(), startRotating({ maxCachedWorkflows: 0 })]);
});
afterAll(async () => {
  await Promise.all([rotating?.stop(), replaying?.stop()]);
  await openings.close();
});

async function scene(on: Rotating, given: Partial<Credential> = {}) {
  const told = await startToldConsumer();
  openings.add(told.stop);
  on.env[told.variable] = told.secret;
  const issuer = await postgresIssuer();
  const place = await filePlace(on.ctx, { first: issuer.first, shape: issuer.shape });
  const consumers = [told.declared];
  return { told, issuer, place, ...sceneOf(on, issuer, [place], { consumers, ...given }) };
}

describe.concurrent('verifies before the promotion, when no consumer can have the new value', () => {
  test.concurrent('consumers are told of what is current and works, while the old value still does', async () => {
    const { credential, issuer, place, told } = await scene(rotating);
    const seen: object[] = [];
    told.says = async () => {
      const served = await place.current();
      const works = await Promise.all([served, issuer.first].map((url) => issuer.accepts(url)));
      seen.push({ isNew: served !== issuer.first, works });
      return { status: 'loaded' };
    };
    const { evidence, newKey, outcome } = await rotate(rotating, credential);
    expect(outcome).toBe('rotated');
    expect(seen).toEqual([{ isNew: true, works: [true, true] }]);
    expect(evidence).toMatchObject({ staying: newKey, consumers: [{ consumer: 'app', instances: ['app-1'] }] });
  });

  test.concurrent('what fails in their hands only is taken back, and they are told of the old value', async () => {
    const { credential, issuer, place, told } = await scene(rotating);
    const loaded: string[] = [];
    told.says = async (): Promise<Said> => {
      loaded.push(await place.current());
      return { status: loaded.at(-1) === issuer.first ? 'loaded' : 'failed' };
    };
    expectEnd(await rotate(rotating, credential), { outcome: 'restored' });
    expect(loaded).toHaveLength(2);
    expect(loaded[0]).not.toBe(issuer.first);
    expect([loaded[1], await place.current()]).toEqual([issuer.first, issuer.first]);
    expect(await issuer.keys()).toEqual([issuer.logins[0]]);
  });
});

describe.concurrent('restarts every application each time it reconciles', () => {
  test.concurrent('one message for one changed version, however often it is replayed and asked for', async () => {
    const { credential, told } = await scene(replaying, { graceMs: 600_000 });
    const started = await replaying.start(credential);
    await replaying.until(started, waitsFor('grace'));
    await replaying.start(credential, { id: 'asked for once more' });
    await replaying.until(started, ({ requests }) => requests.length === 2);
    await rotations.proceed(started.handle, ada);
    const { newKey } = await endOf(replaying, started);
    expect(told.changes.map(({ keyId, verb }) => `${verb} ${keyId}`)).toEqual([`use ${newKey}`]);
  });

  test.concurrent('a rotation that changes nothing tells nobody', async () => {
    const { credential, issuer, told } = await scene(rotating);
    await setPassword(issuer.logins[1], 'somebody-elses-password');
    expectEnd(await rotate(rotating, credential), { outcome: 'unchanged' });
    expect(told.changes).toEqual([]);
  });
});

describe.concurrent('says that a token is gone which those who check it still accept', () => {
  test('it stands open, with what to do, until the token is refused', async () => {
    const first = 'the-token-of-the-beginning';
    const place = await filePlace(rotating.ctx, { first });
    const app = await startApplication({ home: rotating.home, secretName: place.secret, firstValue: first });
    openings.add(app.stop);
    rotating.env.APP_WEBHOOK_SECRET = app.secret;
    let lingers = true;
    app.asked = () => {
      if (lingers) app.accepted.add(first);
    };
    const credential = credentialOf({
      provider: { type: 'random', accepter: { url: `${app.url}/whoami` } },
      targets: [place.target],
      consumers: [app.consumer({ name: 'checker', role: 'accepts' })],
      limits: { stepMs: 20_000, settleMs: 20_000, refusalMs: 1_000, attemptMs: 10_000, pollMs: 200 },
    });
    const started = await rotating.start(credential);
    const { quarantine } = await rotating.until(started, ({ state }) => state === 'quarantined');
    expect(app.changes.map(({ verb }) => verb)).toEqual(['accept', 'drop']);
    expect(quarantine?.reason.message).toMatch(/still accepted/);
    lingers = false;
    app.accepted.delete(first);
    await rotations.retry(started.handle, ada);
    expectEnd(await endOf(rotating, started), {
      outcome: 'rotated',
      oldKeyRefused: { answer: 'HTTP 401' },
    });
  });
});
