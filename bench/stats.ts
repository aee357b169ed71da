import type { Finding } from './row.ts';

export function sorted(samples: readonly number[]): number[] {
  return [...samples].sort((one, other) => one - other);
}

export function median(samples: readonly number[]): number {
  const ordered = sorted(samples);
  const middle = (ordered.length - 1) / 2;
  return ((ordered[Math.floor(middle)] ?? Number.NaN) + (ordered[Math.ceil(middle)] ?? Number.NaN)) / 2;
}

/** The smallest sample that so many of a hundred do not exceed: one that was measured, never one in between. */
export function percentile(samples: readonly number[], percent: number): number {
  const ordered = sorted(samples);
  return ordered[Math.max(0, Math.ceil((percent / 100) * ordered.length) - 1)] ?? Number.NaN;
}

export function spreadOf(samples: readonly number[]): { least: number; most: number } {
  return { least: Math.min(...samples), most: Math.max(...samples) };
}

/** What these samples say. */
export function found(
  what: string,
  unit: string,
  samples: readonly number[],
  more: Pick<Finding, 'comparedTo' | 'aim'> = {},
): Finding {
  return { what, unit, median: median(samples), runs: samples.length, spread: spreadOf(samples), ...more };
}

/** Of two that ran in turns: run by run, so that what slows the machine for a while slows both. */
export function ratios(samples: readonly number[], to: readonly number[]): number[] {
  return samples.slice(0, to.length).map((sample, index) => sample / (to[index] ?? Number.NaN));
}
