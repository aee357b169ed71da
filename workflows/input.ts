import { ApplicationFailure } from '@temporalio/workflow';
import { type RotationInput, rotationInputSchema } from '../contract/index.ts';

/** Whoever starts it by hand may get it wrong: that ends it, where an error of any other kind would be tried for ever. */
export function wellFormed<Input extends RotationInput>(input: Input): Input {
  const { error } = rotationInputSchema.safeParse(input);
  if (!error) return input;
  const [issue] = error.issues;
  throw refusal(`not a rotation's input: ${issue?.path.join('.')}: ${issue?.message}`);
}

export function refusal(why: string): ApplicationFailure {
  const message = `${why}; start it with keyturn rotate`;
  return ApplicationFailure.create({ type: 'invalid', message, nonRetryable: true });
}
