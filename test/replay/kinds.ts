import { approve, proceed, reject, resolve, retry, rollBack } from '../../client/rotations.ts';
import { ada, type Bench, type Rotation, waitingFor } from '../faults/bench.ts';
import { loseReply, refuse } from '../faults/faults.ts';

/** A kind of rotation, told to its end on a real server. */
export type Telling = (bench: Bench) => Promise<Rotation>;

const bob = { by: 'bob' };
const app = { name: 'app' };
const denied = refuse('unauthorized', 'no right to do this');

async function ended(rotation: Rotation): Promise<Rotation> {
  await rotation.end();
  return rotation;
}

async function waitingForPull(bench: Bench): Promise<Rotation> {
  const rotation = await bench.start({ consumers: [{ ...app, type: 'pull' }] });
  await rotation.until(waitingFor('consumer app'));
  return rotation;
}

/** Every kind of rotation whose history is kept: a change of the workflow's code must be able to go on with each. */
export const kinds: Readonly<Record<string, Telling>> = {
  rotated: async (bench) => ended(await bench.start({ consumers: [{ ...app, instances: 1 }] })),

  'rotated-after-a-lost-mint': async (bench) => ended(await bench.start({ faults: { mint: [loseReply] } })),

  'rotated-two-targets-newest': async (bench) =>
    ended(await bench.start({ vault: { staging: false }, serves: { main: 'K0', second: 'K0' } })),

  'rotated-with-grace-and-soak': async (bench) => {
    const rotation = await bench.start({ credential: { graceMs: 60_000, soakMs: 60_000 } });
    await rotation.until(waitingFor('grace'));
    await proceed(rotation.handle, ada);
    await rotation.until(waitingFor('soak'));
    await proceed(rotation.handle, ada);
    return ended(rotation);
  },

  'rotated-expedited-in-the-grace': async (bench) => {
    const rotation = await bench.start({ credential: { graceMs: 60_000, soakMs: 60_000 } });
    await rotation.until(waitingFor('grace'));
    await rotation.request({ id: 'hurry', urgency: 'expedited' });
    return ended(rotation);
  },

  'rotated-with-a-waived-laggard': async (bench) => {
    const rotation = await waitingForPull(bench);
    await proceed(rotation.handle, ada);
    return ended(rotation);
  },

  'rotated-attested-by-signal': async (bench) => {
    const rotation = await waitingForPull(bench);
    await rotation.says({ consumer: 'app', keyId: 'K1', status: 'loaded' });
    return ended(rotation);
  },

  'rotated-approved': async (bench) => {
    const rotation = await bench.start({ credential: { approval: { approvers: 1, withinMs: 60_000 } } });
    const { planHash = '' } = await rotation.until(waitingFor('approval'));
    await approve(rotation.handle, { ...bob, planHash });
    return ended(rotation);
  },

  'rotated-compromised': async (bench) =>
    ended(await bench.start({ consumers: [app], request: { urgency: 'compromised' } })),

  'rotated-starting-over-for-a-compromise': async (bench) => {
    const rotation = await bench.start({ credential: { graceMs: 60_000 } });
    await rotation.until(waitingFor('grace'));
    await rotation.request({ id: 'leak', urgency: 'compromised', at: new Date().toISOString() });
    return ended(rotation);
  },

  'unchanged-rejected': async (bench) => {
    const rotation = await bench.start({ credential: { approval: { approvers: 1, withinMs: 60_000 } } });
    await rotation.until(waitingFor('approval'));
    await reject(rotation.handle, bob);
    return ended(rotation);
  },

  'restored-after-a-failed-write': async (bench) => ended(await bench.start({ faults: { write: [denied] } })),

  'restored-a-consumer-says-failed': async (bench) => {
    const rotation = await waitingForPull(bench);
    await rotation.says({ consumer: 'app', keyId: 'K1', status: 'failed' });
    await rotation.until((now) => now.state === 'undoing' && waitingFor('consumer app')(now));
    await rotation.says({ consumer: 'app', keyId: 'K0', status: 'loaded' });
    return ended(rotation);
  },

  'restored-rolled-back-in-the-soak': async (bench) => {
    const rotation = await bench.start({ credential: { soakMs: 60_000 } });
    await rotation.until(waitingFor('soak'));
    await rollBack(rotation.handle, ada);
    return ended(rotation);
  },

  'restored-cancelled-in-the-grace': async (bench) => {
    const rotation = await bench.start({ credential: { graceMs: 60_000 } });
    await rotation.until(waitingFor('grace'));
    await rotation.handle.cancel();
    return ended(rotation);
  },

  'quarantined-then-retried': async (bench) => {
    const rotation = await bench.start({ faults: { remove: [denied] } });
    await rotation.quarantined();
    await retry(rotation.handle, ada);
    return ended(rotation);
  },

  'quarantined-then-resolved': async (bench) => {
    const rotation = await bench.start({ faults: { remove: denied } });
    await rotation.quarantined();
    rotation.world.keys.delete('K0');
    await resolve(rotation.handle, ada);
    return ended(rotation);
  },
};
