/** How long something takes that is declared to take so long: all times of a story go through one of these. */
export type Pace = (ms: number) => number;

export const fullPace: Pace = (ms) => ms;

const tenth = 10;
const linearToMs = 120_000;
const doublingMs = 2_000;

/**
 * Short enough to be waited for, long enough for a busy machine. What is longer stays longer: up to two minutes all is a tenth, beyond
 * them each doubling adds a few seconds, so that the hours of a soak do not have to pass.
 */
export const compactPace: Pace = (ms) => {
  if (ms <= linearToMs || !Number.isFinite(ms)) return Math.round(ms / tenth);
  return Math.round(linearToMs / tenth + doublingMs * Math.log2(ms / linearToMs));
};
