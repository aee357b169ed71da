/** One row of the benchmark: what it measures, and how. */
export interface Row {
  /** As in `--only`. */
  name: string;
  about: string;
  run(bench: Bench): Promise<Finding[]>;
}

export interface Bench {
  quick: boolean;
  /** Progress, a line at a time (standard error). */
  say(line: string): void;
  /** Undone in reverse order at the end of the row, whatever happens. */
  later(undo: () => Promise<unknown> | unknown): void;
  /** Which servers are measured, where a row is of several. */
  engines: readonly Engine[];
}

/** Temporal's development server, in memory; a Temporal server on PostgreSQL. */
export const engines = ['dev', 'postgres'] as const;
export type Engine = (typeof engines)[number];

export interface Finding {
  /** `rotations a second, provider and vault do nothing` */
  what: string;
  /** `a second`, `ms`, `MiB`, `ratio`, `events` */
  unit: string;
  median: number;
  /** How many runs or samples the median is of. */
  runs: number;
  spread?: { least: number; most: number };
  /** `the engine floor in the same run: 24.1 a second` */
  comparedTo?: string;
  /** `why`: the measured reason where it is not met. */
  aim?: { text: string; met: boolean; why?: string };
}
