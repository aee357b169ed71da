import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Unit, UnitResult } from './unit.ts';

const child = fileURLToPath(new URL('./child.ts', import.meta.url));

/** Runs all units, so many at once, each in a process that takes the next one when it is done. */
export async function runAll(
  units: readonly Unit[],
  processes: number,
  done: (result: UnitResult) => void,
): Promise<UnitResult> {
  const left = [...units];
  const all: UnitResult = { cells: 0, counts: [], broken: [] };
  const take = (result: UnitResult) => {
    all.cells += result.cells;
    all.counts.push(...result.counts);
    all.broken.push(...result.broken);
    done(result);
  };
  await Promise.all(Array.from({ length: Math.max(1, processes) }, () => inProcess(left, take)));
  return all;
}

function inProcess(left: Unit[], take: (result: UnitResult) => void): Promise<void> {
  const worker = fork(child, { execArgv: [] });
  return new Promise((resolve, reject) => {
    const next = () => {
      const unit = left.shift();
      if (unit) worker.send(unit);
      else worker.disconnect();
    };
    worker.on('message', (result: UnitResult) => {
      take(result);
      next();
    });
    worker.on('error', reject);
    worker.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`a process ended with code ${code}`))));
    next();
  });
}
