import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Shape } from '../../contract/index.ts';
import { once } from '../world/faults.ts';
import { jsonForm } from '../world/forms.ts';
import { failing, provider, silent, target } from '../world/plain.ts';
import { type Bench, startBench } from './real-bench.ts';
import { eventsOf, keysOf, waitingFor } from './real-rotation.ts';

/** As what it ends, and what it says of it. */

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench?.stop());

describe.concurrent('undone, it ends restored', () => {
  test('where targets were to converge: each with its own known-good', async () => {
    const { world, end } = await bench.start({
      world: {
        targets: [target('main'), target('second')],
        serves: { main: 'K0', second: 'KX' },
        consumers: [failing('app')],
      },
      request: { converge: true },
    });
    expect(await end()).toMatchObject({ outcome: 'restored' });
    expect(eventsOf(world)).toContain('keyturn made second serve K1');
    expect([world.serving('main'), world.serving('second')]).toEqual(['K0', 'KX']);
    expect(keysOf(world)).toEqual(['K0', 'KX']);
  });

  test('where the known-good was broken, and known to be', async () => {
    const { world, says, until, end } = await bench.start({
      world: { consumers: [silent('app')] },
      request: { acceptBroken: true },
      prepare({ broken, keys }) {
        keys.change('K0', 'disabled', 'person');
        broken.add('K0');
      },
    });
    await until(waitingFor('consumer app'));
    await says({ consumer: 'app', keyId: 'K1', status: 'failed' });
    await until((now) => now.state === 'undoing' && waitingFor('consumer app')(now));
    await says({ consumer: 'app', keyId: 'K0', status: 'loaded' });
    expect(await end()).toMatchObject({ outcome: 'restored' });
    expect(world.serving()).toBe('K0');
    expect(world.keys.state('K0')).toBe('disabled');
    expect(keysOf(world)).toEqual(['K0']);
  });
});

test.concurrent('where the provider reports no use, the evidence is only indicative', async () => {
  const { end } = await bench.start({
    world: { provider: provider({ tellsUse: true }) },
    prepare({ keys }) {
      keys.get('K0').uncounted = true;
    },
  });
  expect(await end()).toMatchObject({ outcome: 'rotated', evidence: { lastUse: 'indicative' } });
});

describe.concurrent('an error that quotes the new value', () => {
  test.each<[string, Shape]>([
    ['json', jsonForm],
    ['url', 'url'],
  ])('of a %s is scrubbed', async (_name, form) => {
    let secret = '';
    const { handle, world, end } = await bench.start({
      world: { targets: [target('main', { form })], ending: '/?&"' },
      prepare({ keys, network }) {
        network.beforeNext('write main', () => {
          secret = keys.get('K1').secret;
          const forms = [secret, JSON.stringify(secret), encodeURIComponent(secret)];
          const message = `unexpected text near ${forms.join(' or ')}`;
          network.faults = [once('write main', 'fails', { says: { kind: 'invalid', message } })];
        });
      },
    });
    const ended = await end();
    expect(ended).toMatchObject({ outcome: 'restored', reason: { message: expect.stringContaining('[secret]') } });
    const [core = ''] = secret.split('/');
    expect(core).toMatch(/^s3cr3t-./);
    for (const told of [ended, world.audit.entries, await handle.fetchHistory()]) {
      expect(JSON.stringify(told)).not.toContain(core);
    }
  });
});
