import { approve, proceed, reject, resolve, retry, rollBack } from '../../client/rotations.ts';
import { type Asked, ada, type Bench } from '../faults/real-bench.ts';
import { type Rotation, waitingFor } from '../faults/real-rotation.ts';
import { always, once } from '../world/faults.ts';
import * as plain from '../world/plain.ts';
import type { WorldShape } from '../world/world.ts';

/** A kind of rotation, told to its end on a real server. */
export type Telling = (bench: Bench) => Promise<Rotation>;

const bob = { by: 'bob' };
const app = plain.consumer('app');
const checker = plain.consumer('checker', { role: 'accepts' });
const longMs = 60_000;

/** One of each order in which keys are exchanged, beside the plain world, which mints. */
const inPlace: Partial<WorldShape> = { provider: plain.provider({ kind: 'in place' }), consumers: [app] };
const twoLogins: Partial<WorldShape> = { provider: plain.provider({ kind: 'logins' }), consumers: [app] };
const stored: Partial<WorldShape> = { provider: plain.provider({ kind: 'stored' }), consumers: [checker, app] };

const toItsEnd =
  (asked: Asked): Telling =>
  async (bench) =>
    ended(await bench.start(asked));

async function ended(rotation: Rotation): Promise<Rotation> {
  await rotation.end();
  return rotation;
}

async function waitingForApp(bench: Bench): Promise<Rotation> {
  const rotation = await bench.start({ world: { consumers: [plain.silent('app')] } });
  await rotation.until(waitingFor('consumer app'));
  return rotation;
}

/** Every kind of rotation whose history is kept: a change of the workflow's code must be able to go on with each. */
export const kinds: Readonly<Record<string, Telling>> = {
  rotated: toItsEnd({ world: { consumers: [app] } }),

  'rotated-in-place': toItsEnd({ world: inPlace }),

  'rotated-two-logins': toItsEnd({ world: twoLogins }),

  'rotated-stored': toItsEnd({ world: stored }),

  'rotated-after-a-lost-mint': toItsEnd({ faults: [once('mint', 'reply lost')] }),

  'rotated-two-targets-newest': toItsEnd({
    world: { targets: ['main', 'second'].map((name) => plain.target(name, { staging: false })) },
  }),

  'rotated-with-grace-and-soak': async (bench) => {
    const rotation = await bench.start({ credential: { graceMs: longMs, soakMs: longMs } });
    await rotation.until(waitingFor('grace'));
    await proceed(rotation.handle, ada);
    await rotation.until(waitingFor('soak'));
    await proceed(rotation.handle, ada);
    return ended(rotation);
  },

  'rotated-expedited-in-the-grace': async (bench) => {
    const rotation = await bench.start({ credential: { graceMs: longMs, soakMs: longMs } });
    await rotation.until(waitingFor('grace'));
    await rotation.request({ id: 'hurry', urgency: 'expedited' });
    return ended(rotation);
  },

  'rotated-to-a-value-handed-in': toItsEnd({
    world: { consumers: [app] },
    handsIn: (world) => world.provider.make('person', 'HAND').id,
  }),

  'rotated-by-hand': async (bench) => {
    const rotation = await bench.start({ world: { provider: plain.provider({ kind: 'by hand' }) } });
    await rotation.until(waitingFor('value'));
    await rotation.handIn(rotation.world.provider.make('person', 'HAND').id);
    await rotation.until(waitingFor('proof of revocation'));
    rotation.world.provider.removeByHand('K0');
    return ended(rotation);
  },

  'rotated-with-a-waived-laggard': async (bench) => {
    const rotation = await waitingForApp(bench);
    rotation.world.waived.add('app');
    await proceed(rotation.handle, ada);
    return ended(rotation);
  },

  'rotated-attested-by-signal': async (bench) => {
    const rotation = await waitingForApp(bench);
    await rotation.says({ consumer: 'app', keyId: 'K1', status: 'loaded' });
    return ended(rotation);
  },

  'rotated-without-a-plan-hash': toItsEnd({ world: twoLogins }),

  'rotated-approved': async (bench) => {
    const rotation = await bench.start({ credential: { approval: { approvers: 1, withinMs: longMs } } });
    const { planHash = '' } = await rotation.until(waitingFor('approval'));
    await approve(rotation.handle, { ...bob, planHash });
    return ended(rotation);
  },

  'rotated-compromised': toItsEnd({ world: { consumers: [app] }, request: { urgency: 'compromised' } }),

  'rotated-starting-over-for-a-compromise': async (bench) => {
    const rotation = await bench.start({ credential: { graceMs: longMs } });
    await rotation.until(waitingFor('grace'));
    await rotation.request({ id: 'leak', urgency: 'compromised', at: new Date().toISOString() });
    return ended(rotation);
  },

  'rotated-telling-a-fleet': async (bench) => {
    const rotation = await bench.start({ credential: { graceMs: longMs }, request: { tells: 'fleet/gone' } });
    await rotation.until(waitingFor('grace'));
    await proceed(rotation.handle, ada);
    return ended(rotation);
  },

  'unchanged-rejected': async (bench) => {
    const rotation = await bench.start({ credential: { approval: { approvers: 1, withinMs: longMs } } });
    await rotation.until(waitingFor('approval'));
    await reject(rotation.handle, bob);
    return ended(rotation);
  },

  'restored-after-a-failed-write': toItsEnd({ faults: [once('write main', 'denied')] }),

  'restored-in-place': toItsEnd({ world: inPlace, smokeTest: 'fails for new' }),

  'restored-stored': toItsEnd({ world: { ...stored, consumers: [checker, plain.failing('app')] } }),

  'restored-two-logins-in-the-soak': async (bench) => rolledBackInTheSoak(bench, twoLogins),

  'restored-a-consumer-says-failed': async (bench) => {
    const rotation = await waitingForApp(bench);
    await rotation.says({ consumer: 'app', keyId: 'K1', status: 'failed' });
    await rotation.until((now) => now.state === 'undoing' && waitingFor('consumer app')(now));
    await rotation.says({ consumer: 'app', keyId: 'K0', status: 'loaded' });
    return ended(rotation);
  },

  'restored-rolled-back-in-the-soak': async (bench) => rolledBackInTheSoak(bench, {}),

  'restored-cancelled-in-the-grace': async (bench) => {
    const rotation = await bench.start({ credential: { graceMs: longMs } });
    await rotation.until(waitingFor('grace'));
    await rotation.handle.cancel();
    return ended(rotation);
  },

  'quarantined-then-retried': async (bench) => {
    const rotation = await bench.start({ faults: [once('remove', 'denied')] });
    await rotation.quarantined();
    await retry(rotation.handle, ada);
    return ended(rotation);
  },

  'quarantined-then-resolved': async (bench) => {
    const rotation = await bench.start({ faults: [always('remove', 'denied')] });
    await rotation.quarantined();
    rotation.world.provider.removeByHand('K0');
    await resolve(rotation.handle, ada);
    return ended(rotation);
  },
};

async function rolledBackInTheSoak(bench: Bench, world: Partial<WorldShape>): Promise<Rotation> {
  const rotation = await bench.start({ world, credential: { soakMs: longMs } });
  await rotation.until(waitingFor('soak'));
  await rollBack(rotation.handle, ada);
  return ended(rotation);
}
