import { type Guard, secretParts } from '../../../connectors/guard.ts';
import { Redactor } from '../../../connectors/redact.ts';
import type { Context, Secret } from '../../../contract/index.ts';
import { testContext } from '../../support/context.ts';

/** A context and a guard as an activity has them: whatever is resolved is kept out of every error. */
export function guarded(secrets: Record<string, Secret> = {}): { ctx: Context; guard: Guard } {
  const redactor = new Redactor();
  const plain = testContext({ secrets });
  const ctx: Context = {
    ...plain,
    async resolve(ref) {
      const secret = await plain.resolve(ref);
      for (const part of secretParts(secret)) redactor.add(part);
      return secret;
    },
  };
  return { ctx, guard: { ctx, redactor, effects: { intent: async () => 'effect', result: async () => {} } } };
}

/** As of a new attempt: calls that can be cancelled add to what its signal has to remember. */
export function attemptOf(ctx: Context): Context {
  return { ...ctx, cancelled: new AbortController().signal };
}
