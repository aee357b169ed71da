import { z } from 'zod';
import { durationSchema } from '../../../contract/index.ts';
import { accepterSchema } from '../../http/accepter-schema.ts';
import { fieldNamesSchema } from '../../named-fields.ts';
import { alphabets, type CharacterClass, classes, shareWith } from './alphabet.ts';

const leastBits = 128;
/** Below this, choosing anew until every required class is there would take long. */
const leastShare = 0.01;

const alphabetSchema = z.union([
  z.enum(Object.keys(alphabets) as (keyof typeof alphabets)[]),
  z.strictObject({
    characters: z
      .string()
      .min(2)
      .regex(/^[\x21-\x7e]+$/, 'printable ASCII characters without the space')
      .refine((text) => new Set(text).size === text.length, 'every character once'),
  }),
]);

export const configSchema = z
  .strictObject({
    type: z.literal('random'),
    length: z.int().min(16).max(1_024).default(32),
    alphabet: alphabetSchema.default('alphanumeric'),
    prefix: z
      .string()
      .max(64)
      .regex(/^[\x21-\x7e]*$/, 'printable ASCII without the space')
      .default(''),
    require: z
      .array(z.enum(Object.keys(classes) as CharacterClass[]))
      .refine((names) => new Set(names).size === names.length, 'each class once')
      .default([]),
    fields: fieldNamesSchema,
    accepter: accepterSchema.optional(),
    propagation: durationSchema.default(0),
  })
  .superRefine((config, issues) => {
    const problem = tooWeak(config);
    if (problem) issues.addIssue({ code: 'custom', path: [problem.path], message: problem.message });
  })
  .transform(({ propagation, alphabet, ...rest }) => ({
    ...rest,
    characters: charactersOf(alphabet),
    propagationMs: propagation,
  }));
export type Config = z.infer<typeof configSchema>;

type Rule = { length: number; alphabet: z.infer<typeof alphabetSchema>; require: readonly CharacterClass[] };

function tooWeak({ length, alphabet, require }: Rule): { path: string; message: string } | undefined {
  const characters = charactersOf(alphabet);
  const lacking = require.find((name) => ![...characters].some((char) => classes[name].includes(char)));
  if (lacking) return { path: 'require', message: `the alphabet has no '${lacking}' characters` };
  const share = shareWith(characters, length, require);
  if (share < leastShare) return { path: 'require', message: 'hardly any value of this length has all these classes' };
  const bits = length * Math.log2(characters.length) + Math.log2(share);
  if (bits >= leastBits) return undefined;
  const wanted = Math.ceil((leastBits - Math.log2(share)) / Math.log2(characters.length));
  return {
    path: 'length',
    message: `${length} characters of this alphabet are ${Math.floor(bits)} bits; ${leastBits} need ${wanted}`,
  };
}

function charactersOf(alphabet: z.infer<typeof alphabetSchema>): string {
  return typeof alphabet === 'string' ? alphabets[alphabet] : alphabet.characters;
}
