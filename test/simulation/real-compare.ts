import { isDeepStrictEqual } from 'node:util';
import type { RealReport } from './real-story.ts';
import type { Report } from './simulate.ts';

type Told = Pick<RealReport, 'ends' | 'stands'>;

/** What two tellings of one story must have in common: how the rotations ended, and what stood then and in the end. */
export function endingsOf({ ends, stands }: Told) {
  return { ends: ends.map(({ outcome, reason }) => `${outcome}${reason ? `: ${reason.kind}` : ''}`), stands };
}

export function areAlike(virtual: Report, real: RealReport): boolean {
  return isDeepStrictEqual(endingsOf(virtual), endingsOf(real));
}

/** Calls whose number differs, which those may that look until something has changed. */
export function otherwiseCalled(virtual: Report, real: RealReport): string[] {
  const names = new Set([...virtual.calls.keys(), ...real.calls.keys()]);
  return [...names].flatMap((name) => {
    const [expected, found] = [virtual.calls.get(name) ?? 0, real.calls.get(name) ?? 0];
    return expected === found ? [] : [`${name}: ${expected} and ${found}`];
  });
}

export function difference(seed: number, virtual: Report, real: RealReport): string {
  return [
    `seed ${seed} ends otherwise:`,
    `  virtual ${JSON.stringify(endingsOf(virtual))}`,
    `  real    ${JSON.stringify(endingsOf(real))}`,
    `  calls, virtual and real: ${otherwiseCalled(virtual, real).join(', ')}`,
    `  faults that struck, virtual: ${virtual.faults.join(', ')}`,
    `  faults that struck, real:    ${real.struck.map(({ kind }) => kind).join(', ')}`,
    ...['--- virtual', ...virtual.trace, '--- real', ...real.trace].map((line) => `  ${line}`),
  ].join('\n');
}
