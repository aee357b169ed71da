import { KeyturnError, type Provider } from '../../contract/index.ts';
import { fieldOf, keyFieldsOf } from '../named-fields.ts';
import { askAccepter, runSmokeTest } from './accepter.ts';
import type { Accepter } from './accepter-schema.ts';

/** What a provider declares whose keys nobody lists: there are those that targets hold, and an accepter says whether it takes one. */
export interface AccepterBacked {
  accepter?: Accepter | undefined;
  fields: readonly string[];
}

/** @param nobody what is said, and advised, where a key is to be verified and no accepter is declared. */
export function accepterBacked(
  { accepter, fields }: AccepterBacked,
  nobody: { message: string; fix: string },
): Pick<Provider, 'inventory' | 'verify' | 'smokeTest'> {
  const { main } = keyFieldsOf(fields);
  return {
    inventory: async (_ctx, held) => [...new Set(held)].map((id) => ({ id, state: 'active' })),
    async verify(ctx, value) {
      if (accepter) return askAccepter(ctx, accepter, fieldOf(value, main));
      throw new KeyturnError('invalid', nobody.message, { fix: nobody.fix });
    },
    smokeTest: async (ctx, value, test) => runSmokeTest(ctx, test, fieldOf(value, main)),
  };
}
