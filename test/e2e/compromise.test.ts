import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import * as rotations from '../../client/rotations.ts';
import type { Change, Credential } from '../../contract/index.ts';
import { makeKey } from '../support/aws/places.ts';
import { pull, waitsFor } from '../support/consumers.ts';
import { type Rotating, startRotating } from '../support/rotating.ts';
import { awsIssuer, type Issuer, postgresIssuer, setPassword } from './support/issuers.ts';
import { entriesOf, leftOpen, sceneOf } from './support/scene.ts';
import { startToldConsumer } from './support/told-consumer.ts';
import { filePlace, type VaultPlace } from './support/vault-places.ts';

/** Keys are known to others: by inventory, everything that existed at the instant ends refused. Seen from outside. */

let rotating: Rotating;
beforeAll(async () => {
  rotating = await startRotating();
});
afterAll(() => rotating?.stop());

const leaked = { urgency: 'compromised' } as const;

interface Given {
  issuer: Issuer;
  place: VaultPlace;
  credential: Credential;
}

async function given<I extends Issuer>(issuer: I, options: Partial<Credential> = {}): Promise<Given & { issuer: I }> {
  const place = await filePlace(rotating.ctx, { first: issuer.first, shape: issuer.shape });
  return { issuer, place, ...sceneOf(rotating, issuer, [place], options) };
}

/** One key that works and is served; these documents, which are known to others, do not. */
async function clean({ credential, issuer, place }: Given, known: readonly string[]): Promise<void> {
  expect(await issuer.keys()).toHaveLength(1);
  expect(await issuer.accepts(await place.current())).toBe(true);
  for (const document of known) expect(await issuer.accepts(document)).toBe(false);
  expect(await leftOpen(rotating, credential)).toEqual([]);
}

describe.concurrent('by inventory', () => {
  test('one slot: the key in use goes, and the new one is in use', async () => {
    const one = await given(await awsIssuer());
    expect(await rotating.rotate(one.credential, leaked)).toMatchObject({ outcome: 'rotated' });
    await clean(one, [one.issuer.first]);
  });

  test('two slots: a key that no target names, made by a person, goes too', async () => {
    const two = await given(await awsIssuer());
    const spare = await makeKey(two.issuer.user);
    expect(await two.issuer.keys()).toHaveLength(2);
    expect(await rotating.rotate(two.credential, leaked)).toMatchObject({ outcome: 'rotated' });
    await clean(two, [two.issuer.first, JSON.stringify({ id: spare.id, secret: spare.secret })]);
  });

  test('an idle login that is able to log in is closed first, and used anew', async () => {
    const alternating = await given(await postgresIssuer());
    const [, idle] = alternating.issuer.logins;
    await setPassword(idle, 'known-to-others');
    const second = Object.assign(new URL(alternating.issuer.first), {
      username: idle,
      password: 'known-to-others',
    }).href;
    expect(await alternating.issuer.accepts(second)).toBe(true);
    expect(await rotating.rotate(alternating.credential, leaked)).toMatchObject({ outcome: 'rotated' });
    await clean(alternating, [alternating.issuer.first, second]);
  });

  test('a key in its soak: the rotation starts over, and neither it nor the one that took its place is left', async () => {
    const soaking = await given(await awsIssuer(), { soakMs: 60_000 });
    const started = await rotating.start(soaking.credential);
    await rotating.until(started, waitsFor('soak'));
    const second = await soaking.place.current();
    await rotating.start(soaking.credential, leaked);
    const end = await rotations.ended(started.handle);
    expect(end).toMatchObject({ outcome: 'rotated', rotation: (await rotations.progress(started.handle)).rotation });
    await clean(soaking, [soaking.issuer.first, second]);
  });

  test('a rotation in quarantine on its way back: it starts over, forward', async () => {
    const stuck = await given(await awsIssuer(), { soakMs: 60_000 });
    const started = await rotating.start(stuck.credential);
    await rotating.until(started, waitsFor('soak'));
    const second = await stuck.place.current();
    const { name, wrong } = stuck.issuer.admin;
    const right = rotating.env[name] ?? '';
    rotating.env[name] = wrong;
    await rotations.rollBack(started.handle, { by: 'ada' });
    await rotating.until(started, ({ quarantine }) => quarantine !== undefined);
    rotating.env[name] = right;
    await rotating.start(stuck.credential, leaked);
    expect(await rotations.ended(started.handle)).toMatchObject({ outcome: 'rotated' });
    await clean(stuck, [stuck.issuer.first, second]);
  });
});

describe.concurrent('what it waits for', () => {
  test('who is silent is waited for until the deadline, and named in the audit', async () => {
    const waiting = await given(await awsIssuer(), { consumers: [pull] });
    const end = await rotating.rotate(waiting.credential, { ...leaked, by: 'ada', withinMs: 8_000 });
    expect(end).toMatchObject({
      outcome: 'rotated',
      evidence: { consumers: [{ consumer: 'app', instances: [], waivedBy: 'ada' }] },
    });
    await clean(waiting, [waiting.issuer.first]);
    const waived = (await entriesOf(rotating, waiting.credential)).find(({ verb }) => verb === 'proceed');
    expect(waived).toMatchObject({
      by: 'ada',
      detail: { wait: expect.stringMatching(/app$/), reason: expect.stringMatching(/deadline/) },
    });
  });

  test('who is told after the deadline only is not waited for, and told all the same', async () => {
    const told = await startToldConsumer();
    onTestFinished(told.stop);
    rotating.env[told.variable] = told.secret;
    const hears = new Promise<Change>((resolve) => {
      told.says = (change) => {
        resolve(change);
        return { status: 'loaded' };
      };
    });
    const late = await given(await awsIssuer(), { consumers: [told.declared] });
    const end = await rotating.rotate(late.credential, { ...leaked, by: 'ada', withinMs: 0 });
    expect(end).toMatchObject({
      outcome: 'rotated',
      evidence: { consumers: [{ consumer: 'app', instances: [], waivedBy: 'ada' }] },
    });
    expect(await hears).toMatchObject({ verb: 'use', keyId: end.newKey, previous: end.oldKey });
    expect(told.changes).toHaveLength(1);
  });

  test('who says that the new key fails is a laggard: nothing goes back', async () => {
    const failing = await given(await awsIssuer(), { consumers: [pull] });
    const started = await rotating.start(failing.credential, { ...leaked, withinMs: 10_000 });
    const { newKey } = await rotating.until(started, waitsFor('consumer app'));
    const failed = { consumer: 'app', instance: 'one', keyId: newKey ?? '', status: 'failed' } as const;
    await rotations.attest(started.handle, failed);
    await expect(rotations.rollBack(started.handle, { by: 'ada' })).rejects.toThrow(/only goes forward/);
    expect(await rotations.ended(started.handle)).toMatchObject({ outcome: 'rotated', newKey });
    await clean(failing, [failing.issuer.first]);
  });

  test('what fails stands open, and goes on when it is mended', async () => {
    const denied = await given(await awsIssuer());
    const { name, wrong } = denied.issuer.admin;
    const right = rotating.env[name] ?? '';
    rotating.env[name] = wrong;
    const started = await rotating.start(denied.credential, leaked);
    const { quarantine } = await rotating.until(started, (now) => now.quarantine !== undefined);
    expect(quarantine).toMatchObject({ step: 'inspect', during: 'run', reason: { kind: 'unauthorized' } });
    rotating.env[name] = right;
    await rotations.retry(started.handle, { by: 'ada' });
    expect(await rotations.ended(started.handle)).toMatchObject({ outcome: 'rotated' });
    await clean(denied, [denied.issuer.first]);
  });

  test('nothing that existed then is left: it ends unchanged, and is served', async () => {
    const later = await given(await awsIssuer());
    expect(await rotating.rotate(later.credential)).toMatchObject({ outcome: 'rotated' });
    const compromisedAt = '2026-01-01T00:00:00.000Z';
    const end = await rotating.rotate(later.credential, { ...leaked, compromisedAt });
    expect(end).toMatchObject({
      outcome: 'unchanged',
      reason: { kind: 'asked', message: expect.stringMatching(/is left/) },
    });
  });
});
