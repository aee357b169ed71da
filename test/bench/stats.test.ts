import { expect, test } from 'vitest';
import { closedLoop, interleaved } from '../../bench/interleave.ts';
import { number } from '../../bench/print.ts';
import { found, median, percentile, ratios } from '../../bench/stats.ts';
import { usageOf } from '../../bench/usage.ts';

test('medians and percentiles', () => {
  expect([median([3, 1, 2]), median([4, 1, 2, 3])]).toEqual([2, 2.5]);
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect([percentile(hundred, 50), percentile(hundred, 99), percentile([7], 99)]).toEqual([50, 99, 7]);
  expect(ratios([2, 6], [4, 3])).toEqual([0.5, 2]);
  expect(found('x', 'ms', [5, 1, 9])).toMatchObject({ median: 5, runs: 3, spread: { least: 1, most: 9 } });
  expect([number(0.12345), number(12.345), number(1234.5), number(3)]).toEqual(['0.123', '12.3', '1235', '3']);
});

test('two run in turns, so that what slows the machine slows both', async () => {
  const order: string[] = [];
  const run = (name: string) => async () => order.push(name);
  const results = await interleaved({ a: run('a'), b: run('b') }, 3);
  expect(order.join('')).toBe('ababab');
  expect(results).toEqual({ a: [1, 3, 5], b: [2, 4, 6] });
});

test('a closed loop begins the next call when one has ended, so many at once', async () => {
  let open = 0;
  const most: number[] = [];
  const { each } = await closedLoop({ atOnce: 3, times: 10 }, async () => {
    open += 1;
    most.push(open);
    await new Promise((resolve) => setImmediate(resolve));
    open -= 1;
  });
  expect([each.length, Math.max(...most)]).toEqual([10, 3]);
});

test.runIf(process.platform === 'linux')(
  'what a process takes is read where the system tells, and nothing is made up',
  () => {
    expect(usageOf(process.pid)).toMatchObject({ rssMiB: expect.any(Number) });
    expect(usageOf(process.pid)?.cpuMs).toBeGreaterThan(0);
    expect(usageOf(2 ** 30)).toBeUndefined();
  },
);
