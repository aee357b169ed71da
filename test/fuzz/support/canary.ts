import { expect } from 'vitest';
import { CatalogError } from '../../../catalog/index.ts';
import { errorKinds, KeyturnError } from '../../../contract/index.ts';
import { formsOf } from '../../e2e/support/forms.ts';

/** Stands for a secret: no dictionary word, nothing that a parser writes, and no form by which a scanner would know it. */
export const canary = ['zyxq', 'VURM', 'pelk', '.~wo'].join('');

const windowLength = 8;
const windows = Array.from({ length: canary.length - windowLength + 1 }, (_, at) =>
  canary.slice(at, at + windowLength),
);
/** Whole in every encoding, and as the short pieces that parsers like to quote. */
const needles = [...new Set([...windows, ...[...formsOf(Buffer.from(canary)).values()].map(String)])];

/** Does the text hold the canary, or a piece of it? */
export function showsCanary(text: string): boolean {
  return needles.some((needle) => text.includes(needle));
}

/** Fails when the text holds the canary, or a piece of it. */
export function assertNoCanary(text: string, where: string): void {
  const found = needles.find((needle) => text.includes(needle));
  if (found !== undefined) expect.fail(`the secret shows in ${where}, as ${found}: ${text.slice(0, 2_000)}`);
}

/** Every text that an error carries, down its causes. */
function textsOf(error: unknown): string[] {
  const texts: string[] = [];
  for (let at = error, depth = 0; at !== undefined && at !== null && depth < 10; depth += 1) {
    if (!(at instanceof Error)) return [...texts, String(at)];
    texts.push(at.message, at.stack ?? '', JSON.stringify({ ...at }));
    at = at.cause;
  }
  return texts;
}

/** An error of ours, of a closed kind, that says something and gives nothing away. */
export function assertClean(error: unknown): asserts error is KeyturnError {
  for (const text of textsOf(error)) assertNoCanary(text, 'an error');
  if (!(error instanceof KeyturnError)) throw new Error('an error of another class', { cause: error });
  expect(errorKinds).toContain(error.kind);
  expect(error.message).not.toBe('');
}

export function assertCleanCatalogError(error: unknown): asserts error is CatalogError {
  for (const text of textsOf(error)) assertNoCanary(text, 'an error');
  if (!(error instanceof CatalogError)) throw new Error('an error of another class', { cause: error });
}

/** What `work` gives back, or the error that it was refused with, which is one of ours. */
export async function outcome<T>(work: () => T | Promise<T>): Promise<{ value: T } | { error: KeyturnError }> {
  try {
    return { value: await work() };
  } catch (error) {
    assertClean(error);
    return { error };
  }
}

/** For what must be refused. */
export async function refusal(work: () => unknown): Promise<KeyturnError> {
  const result = await outcome(work);
  if ('error' in result) return result.error;
  return expect.fail('it should have been refused');
}
