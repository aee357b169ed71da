import { rmSync } from 'node:fs';
import { atExit } from './at-exit.ts';
import type { Bench } from './row.ts';

/** It goes with the row, or with the process. */
export function removedWith(bench: Pick<Bench, 'later'>, folder: string): void {
  const remove = () => {
    rmSync(folder, { recursive: true, force: true });
    atExit.delete(remove);
  };
  atExit.add(remove);
  bench.later(remove);
}
