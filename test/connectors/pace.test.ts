import { expect, test } from 'vitest';
import { guardProvider } from '../../connectors/guard.ts';
import { Paces } from '../../connectors/pace.ts';
import { Redactor } from '../../connectors/redact.ts';
import type { Context, ProviderConnector } from '../../contract/index.ts';

const rate = { name: 'provider x', perMinute: 60 };

/** What `count` calls at this instant get. */
function turns(paces: Paces, count: number, nowMs: number) {
  return Array.from({ length: count }, () => paces.take(rate, nowMs));
}

test('a burst goes at once, then one waits, then they are told when to come again, one after the other', () => {
  const paces = new Paces();
  expect(turns(paces, 11, 0)).toEqual(Array(11).fill({ waitMs: 0 }));
  expect(turns(paces, 1, 0)).toEqual([{ waitMs: 1_000 }]);
  expect(turns(paces, 3, 0)).toEqual([{ retryAfterMs: 2_000 }, { retryAfterMs: 3_000 }, { retryAfterMs: 4_000 }]);
  expect(paces.take({ ...rate, name: 'another' }, 0)).toEqual({ waitMs: 0 });
  expect(paces.take(rate, 2_000)).toEqual({ waitMs: 0 });
});

test('over a long time no more than declared get through, however often they come', () => {
  const paces = new Paces();
  let through = 0;
  for (let nowMs = 0; nowMs < 10 * 60_000; nowMs += 100) if ('waitMs' in paces.take(rate, nowMs)) through += 1;
  expect(through).toBeGreaterThanOrEqual(10 * 60);
  expect(through).toBeLessThanOrEqual(10 * 60 + 12);
});

test('what is held back has not been begun: no intent, and when to come again', async () => {
  const intents: string[] = [];
  const slept: number[] = [];
  const connector = {
    name: 'x',
    powers: () => ({ requestsPerMinute: 60, rateOf: 'account 1' }),
    fields: () => ({ all: [], main: '' }),
    classify: () => undefined,
    open: () => ({ remove: async () => {} }),
  } as unknown as ProviderConnector;
  const silent = () => {};
  const ctx = {
    now: () => 0,
    sleep: async (ms: number) => void slept.push(ms),
    heartbeat: silent,
    cancelled: new AbortController().signal,
    log: { debug: silent, info: silent, warn: silent },
  } as unknown as Context;
  const effects = { intent: async (verb: string) => `${intents.push(verb)}`, result: async () => {} };
  const provider = guardProvider({ ctx, redactor: new Redactor(), effects, paces: new Paces() }, connector, {});
  for (let call = 0; call < 12; call += 1) await provider.remove(ctx, { id: 'K', state: 'active' });
  expect([intents.length, slept]).toEqual([12, [1_000]]);
  await expect(provider.remove(ctx, { id: 'K', state: 'active' })).rejects.toMatchObject({
    kind: 'rate-limited',
    retryAfterMs: 2_000,
    message: expect.stringContaining('no more than 60 a minute are declared for provider x account 1'),
  });
  expect(intents).toHaveLength(12);
});
