import type { Scenario } from '../simulation/scenario.ts';

/** What makes a rotation that goes well turn back, late, so that every undo runs. */
export const turns = [
  'forward',
  'the smoke test fails',
  'a consumer fails',
  'rollBack in the grace',
  'red in the soak',
] as const;
export type Turn = (typeof turns)[number];

/** What a person says to the first quarantine. */
export const answers = ['retry', 'resolve', 'rollBack'] as const;
export type Answer = (typeof answers)[number];

/** One story of the matrix, as data. */
export interface Tale {
  shape: string;
  scenario: Scenario;
  turn: Turn;
  answer?: Answer;
}

/** A call into the world, and where in the table it was made. */
export interface Site {
  step: string;
  during: 'run' | 'undo';
  call: string;
  /** Which of the calls of this name it is, from 0. */
  nth: number;
  /** Somebody else could change the same thing just before. */
  contested: boolean;
  pastPivot: boolean;
}
