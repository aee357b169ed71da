import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { KeyturnError, type Shape } from '../../contract/index.ts';
import { type Bench, startBench } from './bench.ts';
import { jsonShape, type World } from './world.ts';

/** As what it ends, and what it says of it. */

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench?.stop());

/** The consumer cannot use the new key. */
function cannotUse(world: World): void {
  world.says.app = ({ keyId, target }) => [
    { instance: 'one', target, keyId, status: keyId === 'K1' ? 'failed' : 'loaded' },
  ];
}

describe.concurrent('undone, it ends restored', () => {
  test('where targets were to converge: each with its own known-good', async () => {
    const { world, end } = await bench.start({
      serves: { main: 'K0', second: 'KX' },
      request: { converge: true },
      consumers: [{ name: 'app' }],
      prepare: cannotUse,
    });
    expect(await end()).toMatchObject({ outcome: 'restored' });
    expect(world.events).toContain('second serves K1');
    expect([world.serving('main'), world.serving('second')]).toEqual(['K0', 'KX']);
    expect(world.keyIds()).toEqual(['K0', 'KX']);
  });

  test('where the known-good was broken, and known to be', async () => {
    const { world, end } = await bench.start({
      request: { acceptBroken: true },
      consumers: [{ name: 'app' }],
      broken: 'K0',
      prepare: cannotUse,
    });
    expect(await end()).toMatchObject({ outcome: 'restored' });
    expect(world.serving()).toBe('K0');
    expect(world.keys.get('K0')?.state).toBe('disabled');
    expect(world.keyIds()).toEqual(['K0']);
  });
});

test.concurrent('where the provider reports no use, the evidence is only indicative', async () => {
  const { end } = await bench.start({
    powers: { tellsUse: true },
    prepare(world) {
      const key = world.keys.get('K0');
      if (key) key.lastUse = 'unknown';
    },
  });
  expect(await end()).toMatchObject({ outcome: 'rotated', evidence: { lastUse: 'indicative' } });
});

describe.concurrent('an error that quotes the new value', () => {
  test.each<[string, Shape]>([
    ['json', jsonShape],
    ['url', 'url'],
  ])('of a %s is scrubbed', async (_name, shape) => {
    let secret = '';
    const { handle, end, audit } = await bench.start({
      shape,
      ending: '/?&"',
      prepare(world) {
        world.faults.write = async () => {
          secret = world.keys.get('K1')?.secret ?? '';
          const forms = [secret, JSON.stringify(secret), encodeURIComponent(secret)];
          throw new KeyturnError('invalid', `unexpected text near ${forms.join(' or ')}`);
        };
      },
    });
    const ended = await end();
    expect(ended).toMatchObject({ outcome: 'restored', reason: { message: expect.stringContaining('[secret]') } });
    const [core = ''] = secret.split('/');
    expect(core).toMatch(/^secret-./);
    for (const told of [ended, await audit(), await handle.fetchHistory()]) {
      expect(JSON.stringify(told)).not.toContain(core);
    }
  });
});
