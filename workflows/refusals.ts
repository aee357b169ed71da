import type { ZodType } from 'zod';
import { KeyturnError } from '../contract/index.ts';
import { possibleWords } from './possible.ts';
import type { Run } from './run.ts';

/**
 * @param of what stands before the field's name, where the field alone would not say what is wrong.
 * @throws KeyturnError `invalid` naming the field.
 */
export function valid<T>(schema: ZodType<T>, message: unknown, of = ''): void {
  const { success, error } = schema.safeParse(message);
  if (success) return;
  const [issue] = error.issues;
  throw new KeyturnError('invalid', `${of}${issue?.path.join('.') || 'message'}: ${issue?.message}`);
}

/** @throws KeyturnError `conflict`: it cannot be as things stand; with what can. */
export function refuse(run: Run, why: string): never {
  throw new KeyturnError('conflict', why, { fix: possibleWords(run) });
}
