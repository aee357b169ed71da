import type { Boundary } from './worker/points.ts';

export interface Kill {
  lane: string;
  boundary: Boundary;
  /** As the rotation says it: `refresh`, `undo of refresh`. */
  step: string;
  call: string;
}

/** What the whole run counts. */
export class Tally {
  readonly kills: Kill[] = [];
  readonly violations: string[] = [];
  /** Of the clean runs, and at how many of them a worker was killed. */
  readonly boundaries = { needed: 0, met: 0 };
  readonly unmet: string[] = [];
  /** Rotations by how they ended. */
  readonly ends = new Map<string, number>();
  /** Rotations that stood open for a while with a to-do. */
  quarantined = 0;
  probes = 0;
  /** Probes to which nobody answered. */
  unanswered = 0;
  /** What else was done to them, by name. */
  readonly faults = new Map<string, number>();

  violation(lane: string, what: string): void {
    const line = `${lane}: ${what}`;
    this.violations.push(line);
    console.log(`  VIOLATION ${line}`);
  }

  ended(how: string): void {
    this.ends.set(how, (this.ends.get(how) ?? 0) + 1);
  }

  get rotations(): number {
    return [...this.ends.values()].reduce((sum, count) => sum + count, 0);
  }

  fault(name: string): void {
    this.faults.set(name, (this.faults.get(name) ?? 0) + 1);
  }
}
