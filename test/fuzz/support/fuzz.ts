import fc from 'fast-check';
import { test } from 'vitest';

/** KEYTURN_FUZZ_RUNS: cases per parser. KEYTURN_FUZZ_SEED: the seed that a failure printed. */
const total = Number(process.env.KEYTURN_FUZZ_RUNS ?? 10_000);
const seed = process.env.KEYTURN_FUZZ_SEED === undefined ? {} : { seed: Number(process.env.KEYTURN_FUZZ_SEED) };

/** Only a hang takes so long: nothing here waits. */
const hangMs = 1_800_000;

/**
 * A test that runs `check` on many cases.
 * @param share of the cases of its parser, where several tests divide them.
 */
export function fuzz<T>(name: string, cases: fc.Arbitrary<T>, check: (one: T) => unknown, share = 1): void {
  const numRuns = Math.max(1, Math.ceil(total * share));
  const property = () =>
    fc.asyncProperty(cases, async (one) => {
      await check(one);
    });
  test(name, () => fc.assert(property(), { numRuns, ...seed }), hangMs);
}
