import type { Context } from '../../../contract/index.ts';
import { KeyturnError } from '../../../contract/index.ts';
import { type CharacterClass, hasAll } from './alphabet.ts';

export interface ValueRule {
  characters: string;
  length: number;
  require: readonly CharacterClass[];
}

const attemptsMax = 10_000;

/** Uniform over all values that have the required classes: a value without them is thrown away whole, never mended. */
export function chooseValue(ctx: Pick<Context, 'random'>, rule: ValueRule): string {
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const value = uniform(ctx, rule.characters, rule.length);
    if (hasAll(value, rule.require)) return value;
  }
  throw new KeyturnError('invalid', 'the source of randomness gives no value with the required classes');
}

/** Bytes past the last whole multiple of the alphabet's size are skipped: a remainder would favour the first characters. */
function uniform(ctx: Pick<Context, 'random'>, characters: string, length: number): string {
  const limit = 256 - (256 % characters.length);
  let value = '';
  for (let drawn = 0; value.length < length; drawn++) {
    if (drawn === attemptsMax) throw new KeyturnError('invalid', 'the source of randomness gives only unusable bytes');
    for (const byte of ctx.random(length - value.length)) {
      if (byte < limit) value += characters[byte % characters.length];
    }
  }
  return value;
}
