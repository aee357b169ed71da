import { Context } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { temporalAttempt } from '../../workers/attempt.ts';
import { whileBeating } from '../../workers/heartbeats.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** What an activity tells the server that takes so long, and says what it is at as each call begins. */
async function beatsOf(...calls: readonly { what: string; tookMs: number }[]): Promise<unknown[]> {
  const beats: unknown[] = [];
  const environment = new MockActivityEnvironment();
  environment.on('heartbeat', (detail: unknown) => beats.push(detail));
  await environment.run(() =>
    whileBeating(Context.current(), async () => {
      const attempt = temporalAttempt();
      for (const { tookMs, what } of calls) {
        attempt.heartbeat(what);
        await vi.advanceTimersByTimeAsync(tookMs);
      }
    }),
  );
  await vi.advanceTimersByTimeAsync(10_000);
  return beats;
}

test('what is soon done costs no heartbeat', async () => {
  expect(await beatsOf({ what: 'one', tookMs: 900 }, { what: 'two', tookMs: 900 })).toEqual([]);
});

test('what lasts beats until it is done, and says what it is at', async () => {
  const beats = await beatsOf({ what: 'one', tookMs: 1_000 }, { what: 'two', tookMs: 4_000 });
  expect(beats).toEqual(['two', 'two']);
});
