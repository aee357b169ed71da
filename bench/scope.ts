import type { Bench } from './row.ts';

export type Undo = () => Promise<unknown> | unknown;

/** A part of a row, which takes down what it has started before the next part begins. */
export async function within<Result>(bench: Bench, work: (part: Bench) => Promise<Result>): Promise<Result> {
  const undos: Undo[] = [];
  const takeDown = () => undoAll(undos, bench.say);
  // Where the row is cut off, nobody comes to the end of this part.
  bench.later(takeDown);
  try {
    return await work({ ...bench, later: (undo) => void undos.push(undo) });
  } finally {
    await takeDown();
  }
}

/** The last first. */
export async function undoAll(undos: Undo[], say: (line: string) => void): Promise<void> {
  for (let undo = undos.pop(); undo; undo = undos.pop()) {
    try {
      await undo();
    } catch (error) {
      say(`cannot be taken down: ${(error as Error).message}`);
    }
  }
}
