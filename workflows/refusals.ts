import type { ZodType } from 'zod';
import { KeyturnError } from '../contract/index.ts';
import { possibleWords } from './possible.ts';
import type { Run } from './run.ts';

/** @throws KeyturnError `invalid` naming the field. */
export function valid<T>(schema: ZodType<T>, message: unknown): void {
  const { success, error } = schema.safeParse(message);
  if (success) return;
  const [issue] = error.issues;
  throw new KeyturnError('invalid', `${issue?.path.join('.') || 'message'}: ${issue?.message}`);
}

/** @throws KeyturnError `conflict`: it cannot be as things stand; with what can. */
export function refuse(run: Run, why: string): never {
  throw new KeyturnError('conflict', why, { fix: possibleWords(run) });
}
