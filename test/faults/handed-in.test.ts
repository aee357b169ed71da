import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { proceed, resolve, rollBack } from '../../client/rotations.ts';
import { always } from '../world/faults.ts';
import { consumer, failing, provider, silent } from '../world/plain.ts';
import type { ProviderKind } from '../world/provider.ts';
import type { World } from '../world/world.ts';
import { type Asked, ada, type Bench, startBench } from './real-bench.ts';
import { deedsOf, keysOf, waitingFor } from './real-rotation.ts';

/** Values that people hand in: they go the way of every rotation, and what a person has made a person removes. */

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench?.stop());

const made = (world: World): string => world.provider.make('person', 'HAND').id;

/** Somebody has set another password, at a login or in the one place. */
function changed(place: number) {
  return (world: World): string => {
    const found = world.provider.places[place];
    if (!found) throw new Error('the world has no such place');
    const id = `${found.name}/HAND`;
    world.nameKey(world.newSecret(id), undefined, id);
    if (found.holds !== undefined) world.broken.add(found.holds);
    world.provider.put(found, id, 'person');
    return id;
  };
}

function chosen(world: World): string {
  return world.nameKey(world.newSecret('chosen by hand'));
}

const kind = (of: ProviderKind, more: Asked['world'] = {}): Asked['world'] => ({
  provider: provider({ kind: of }),
  ...more,
});

describe.concurrent('instead of a minted or chosen key', () => {
  test.each<[string, Asked]>([
    ['minted, at the limit too', { world: { provider: provider({ keysMax: 2 }) }, handsIn: made }],
    ['the other of two logins', { world: kind('logins'), handsIn: changed(1) }],
    ['the same login', { world: kind('logins'), handsIn: changed(0), request: { acceptBroken: true } }],
    ['in place', { world: kind('in place'), handsIn: changed(0), request: { acceptBroken: true } }],
    [
      'stored, with those who accept it',
      { world: kind('stored', { consumers: [consumer('checker', { role: 'accepts' })] }), handsIn: chosen },
    ],
  ])('%s', async (_name, asked) => {
    const { end, world } = await bench.start({ ...asked, request: { reason: 'by hand', ...asked.request } });
    const { newKey, outcome } = await end();
    expect(outcome).toBe('rotated');
    expect(newKey).toBe(world.serving());
    const decisions = world.audit.entries.filter(({ verb }) => verb === 'handIn');
    expect(decisions).toMatchObject([{ kind: 'decision', detail: { keyId: newKey, reason: 'by hand' } }]);
    // Nothing was made, and what is in use is as its maker left it.
    expect(world.audit.entries.filter(({ verb }) => verb === 'mint' || verb === 'apply')).toEqual([]);
    if (asked.world?.provider?.kind !== 'stored') expect(world.keys.acceptedEverywhere(newKey)).toBe(true);
  });

  test('a rotation that turns back leaves it where its maker put it, and says so', async () => {
    const { end, world } = await bench.start({ world: { consumers: [failing('app')] }, handsIn: made });
    expect(await end()).toMatchObject({ outcome: 'restored', leftAtProvider: ['HAND'] });
    expect(keysOf(world)).toEqual(['K0', 'HAND']);
  });

  test('what the provider refuses ends unchanged', async () => {
    const { end, world } = await bench.start({ handsIn: (world) => world.nameKey(world.newSecret('wrong')) });
    const { outcome, reason } = await end();
    expect({ outcome, kind: reason?.kind }).toEqual({ outcome: 'unchanged', kind: 'invalid' });
    expect(reason?.message).toContain('the provider refuses the value handed in');
    expect(deedsOf(world)).toEqual([]);
  });

  test('what is in use already ends unchanged', async () => {
    const { end } = await bench.start({ handsIn: (world) => world.serving() });
    expect(await end()).toMatchObject({
      outcome: 'unchanged',
      reason: { kind: 'conflict', message: expect.stringContaining('K0, which a target serves already') },
    });
  });

  test('what was there when it was compromised is not taken for new', async () => {
    const compromised = { urgency: 'compromised' as const };
    const { quarantined, handle, world } = await bench.start({ handsIn: made, request: compromised });
    expect((await quarantined()).quarantine?.reason.message).toContain('was there when the credential was compromised');
    expect(deedsOf(world)).toEqual([]);
    await handle.terminate();
  });

  test('a compromise that comes makes it useless: a new key is minted, and it goes too', async () => {
    const { end, request, until, world } = await bench.start({
      world: { consumers: [silent('app')], provider: provider({ keysMax: 5 }) },
      handsIn: made,
      request: { id: 'first' },
    });
    await until(waitingFor('consumer app'));
    world.waived.add('app');
    for (const id of ['K0', 'HAND']) {
      world.mayGo.add(id);
      world.leaked.add(id);
    }
    world.leakDeadlineMs = 0;
    await request({ id: 'second', urgency: 'compromised', withinMs: 0 });
    expect(await end()).toMatchObject({ outcome: 'rotated', newKey: world.serving() });
    expect(keysOf(world)).toEqual([world.serving()]);
    expect(world.serving()).not.toBe('HAND');
  });
});

describe.concurrent('an open rotation', () => {
  test('is busy, and says what is possible; the same again is not asked twice', async () => {
    const { end, handIn, handle, until, world } = await bench.start({
      credential: { graceMs: 60_000 },
      handsIn: made,
      request: { id: 'first' },
    });
    await until(waitingFor('grace'));
    await handIn('HAND', { id: 'first' });
    const other = world.provider.make('person', 'OTHER').id;
    await expect(handIn(other)).rejects.toThrow(/busy: a rotation is open \(retire\)/);
    await proceed(handle, ada);
    expect(await end()).toMatchObject({ outcome: 'rotated', newKey: 'HAND' });
  });
});

describe.concurrent('keys that are made by hand', () => {
  test('the rotation waits for a value, tries it, and waits until the old key is refused', async () => {
    const { end, handIn, handle, until, world } = await bench.start({ world: kind('by hand') });
    await until(waitingFor('value'));
    await expect(proceed(handle, ada)).rejects.toThrow('nothing is waiting that could be skipped');
    const wrong = world.nameKey(world.newSecret('wrong'));
    await expect(handIn(wrong)).rejects.toThrow('the provider refuses the value handed in');
    await until(waitingFor('value'));
    await handIn(made(world));
    const { waits } = await until(waitingFor('proof of revocation'));
    expect(waits[0]?.detail).toContain('revoked K0 at its provider');
    await expect(proceed(handle, ada)).rejects.toThrow('nothing is waiting that could be skipped');
    world.provider.removeByHand('K0');
    expect(await end()).toMatchObject({ outcome: 'rotated', newKey: 'HAND', oldKeyRefused: { answer: 'who are you' } });
    expect(world.audit.entries.filter(({ verb }) => verb === 'remove')).toEqual([]);
  });

  test('as long as the old key works there is a way back', async () => {
    const { end, handle, until, world } = await bench.start({ world: kind('by hand'), handsIn: made });
    await until(waitingFor('proof of revocation'));
    await rollBack(handle, ada);
    expect(await end()).toMatchObject({ outcome: 'restored', leftAtProvider: ['HAND'] });
    expect(world.serving()).toBe('K0');
  });

  test('whoever resolves is believed as far as the provider can be asked', async () => {
    const { end, handle, quarantined, until, world } = await bench.start({ world: kind('by hand'), handsIn: made });
    await until(waitingFor('proof of revocation'));
    world.network.faults = [always('move main', 'denied')];
    await rollBack(handle, ada);
    expect((await quarantined()).quarantine).toMatchObject({ step: 'refresh', during: 'undo' });
    await expect(resolve(handle, ada)).rejects.toThrow('nobody has seen yet that K0 is refused');
    world.provider.removeByHand('K0');
    expect(await resolve(handle, ada)).toBe('rotated');
    expect(await end()).toMatchObject({ outcome: 'rotated', newKey: 'HAND', oldKeyRefused: { answer: 'who are you' } });
  });

  test('a wait for a value ends unchanged where somebody turns back', async () => {
    const { end, handle, until, world } = await bench.start({ world: kind('by hand') });
    await until(waitingFor('value'));
    await rollBack(handle, ada);
    expect(await end()).toMatchObject({ outcome: 'unchanged' });
    expect(deedsOf(world)).toEqual([]);
  });
});
