import { z } from 'zod';

const lines = new Map<number, z.ZodString>();

/**
 * One line of text from somebody else, as it may be shown on a terminal and stand in a history: neither controls, nor formatting, nor
 * line separators. One schema for each length: the engine evaluates this anew for every workflow.
 */
export function line(max: number): z.ZodString {
  const known = lines.get(max) ?? oneLine.check(z.maxLength(max));
  lines.set(max, known);
  return known;
}

const oneLine = z.string().check(z.minLength(1), z.regex(/^[^\p{C}\u2028\u2029]*$/u, 'no control characters'));

/** Who, and from where, unless their name says so already. */
export function whoWords({ by, from }: { by: string; from?: string | undefined }): string {
  return from === undefined || by.endsWith(`@${from}`) ? by : `${by} (from ${from})`;
}
