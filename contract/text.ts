import { z } from 'zod';

/**
 * One line of text from somebody else, as it may be shown on a terminal and stand in a history: neither controls, nor formatting, nor
 * line separators.
 */
export const line = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[^\p{C}\u2028\u2029]*$/u, 'no control characters');

/** Who, and from where, unless their name says so already. */
export function whoWords({ by, from }: { by: string; from?: string | undefined }): string {
  return from === undefined || by.endsWith(`@${from}`) ? by : `${by} (from ${from})`;
}
