import { randomUUID } from 'node:crypto';
import { InvalidArgumentError } from '@commander-js/extra-typings';
import {
  type Decision,
  decisionSchema,
  durationSchema,
  KeyturnError,
  type Request,
  requestSchema,
} from '../contract/index.ts';
import { person } from './person.ts';
import type { Shell } from './shell.ts';

/** What somebody wants of a rotation, as options of a command say it; `undefined` was not said. */
export type Wishes = { [Field in Exclude<keyof Request, 'at' | 'by' | 'from'>]?: Request[Field] | undefined };

/** In the name of whoever runs the command, now. @throws KeyturnError `invalid` naming the field. */
export function requestFrom({ env }: Pick<Shell, 'env'>, wishes: Wishes): Request {
  const said = Object.entries(wishes).filter(([, wish]) => wish !== undefined);
  const parsed = requestSchema.safeParse({
    id: randomUUID(),
    at: new Date().toISOString(),
    ...person(env),
    urgency: 'routine',
    ...Object.fromEntries(said),
  });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new KeyturnError('invalid', `the request's ${issue?.path.join('.')}: ${issue?.message}`);
}

/** In the name of whoever runs the command, from where, and why. */
export function decisionFrom({ env }: Pick<Shell, 'env'>, reason: string | undefined): Decision {
  return { ...person(env), ...(reason === undefined ? {} : { reason }) };
}

/** Judged before it is sent. @throws KeyturnError `invalid` naming the option. */
export function validDecisionFrom(shell: Pick<Shell, 'env'>, reason: string | undefined): Decision {
  const { data: decision, error } = decisionSchema.safeParse(decisionFrom(shell, reason));
  if (!decision) throw new KeyturnError('invalid', `--reason: ${error.issues[0]?.message}`);
  return decision;
}

export function asDuration(text: string): number {
  const parsed = durationSchema.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new InvalidArgumentError('a duration is, for example, 30s, 10m or 1h.');
}

export function asCount(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('a whole number, for example 10.');
}
