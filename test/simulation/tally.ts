import type { Report } from './simulate.ts';

/** What many stories together were like. */
export interface Tally {
  runs: number;
  rotations: number;
  events: number;
  virtualMs: number;
  violations: number;
  faults: Record<string, number>;
  acts: Record<string, number>;
  ends: Record<string, number>;
}

export function newTally(): Tally {
  return { runs: 0, rotations: 0, events: 0, virtualMs: 0, violations: 0, faults: {}, acts: {}, ends: {} };
}

export function count(tally: Tally, report: Report): void {
  tally.runs += 1;
  tally.rotations += report.ends.length;
  tally.events += report.events;
  tally.virtualMs += report.virtualMs;
  tally.violations += report.violations.length > 0 ? 1 : 0;
  for (const kind of report.faults) tally.faults[kind] = 1 + (tally.faults[kind] ?? 0);
  for (const kind of report.acts) tally.acts[kind] = 1 + (tally.acts[kind] ?? 0);
  for (const { outcome } of report.ends) tally.ends[outcome] = 1 + (tally.ends[outcome] ?? 0);
}

export function add(tally: Tally, other: Tally): void {
  for (const name of ['runs', 'rotations', 'events', 'virtualMs', 'violations'] as const) tally[name] += other[name];
  for (const name of ['faults', 'acts', 'ends'] as const) {
    for (const [kind, times] of Object.entries(other[name])) tally[name][kind] = times + (tally[name][kind] ?? 0);
  }
}

const dayMs = 86_400_000;

export function inTable(tally: Tally): string {
  const rows: [string, string][] = [
    ['runs', String(tally.runs)],
    ['rotations', String(tally.rotations)],
    ['events', String(tally.events)],
    ['virtual days', (tally.virtualMs / dayMs).toFixed(1)],
    ...sorted('fault', tally.faults),
    ...sorted('people and engine', tally.acts),
    ...sorted('end', tally.ends),
    ['violations', String(tally.violations)],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value.padStart(10)}`).join('\n');
}

function sorted(group: string, counts: Record<string, number>): [string, string][] {
  return Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .map(([kind, times]) => [`${group}: ${kind}`, String(times)]);
}
