import type { Bench } from './row.ts';

/** What the work starts ends with it, and not with the row only: one server at a time has the machine. */
export async function apart<Result>(bench: Bench, work: (bench: Bench) => Promise<Result>): Promise<Result> {
  const undos: Parameters<Bench['later']>[0][] = [];
  const undo = async () => {
    for (let each = undos.pop(); each; each = undos.pop()) await each();
  };
  bench.later(undo);
  try {
    return await work({ ...bench, later: (each) => void undos.push(each) });
  } finally {
    await undo();
  }
}
