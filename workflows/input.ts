import { KeyturnError, type RotationInput, rotationInputSchema } from '../contract/index.ts';

/**
 * Whoever starts a workflow by hand may get its input wrong.
 * @throws KeyturnError `invalid` naming the field.
 */
export function wellFormed<Input extends RotationInput>(input: Input): Input {
  const { error } = rotationInputSchema.safeParse(input);
  if (!error) return input;
  const [issue] = error.issues;
  throw new KeyturnError(
    'invalid',
    `not a rotation's input: ${issue?.path.join('.')}: ${issue?.message}; ${startWith}`,
  );
}

export const startWith = 'start it with keyturn rotate';
