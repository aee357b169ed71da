import type { CompromiseReport } from '../../cli/compromise-report.ts';
import { duration } from '../../cli/words.ts';
import type { Finding } from './findings.ts';

export interface Drilled {
  findings: readonly Finding[];
  report: CompromiseReport;
  within: string;
  deadlineMs: number;
  /** When the command was started. */
  begunMs: number;
  problems: readonly string[];
}

export function tell({ begunMs, deadlineMs, findings, problems, report, within }: Drilled): void {
  const failures = findings.flatMap(({ traffic }) => traffic.failures).sort((one, other) => one.atMs - other.atMs);
  const replaced = findings.filter(({ dealt }) => dealt?.outcome === 'rotated').length;
  const refused = findings.filter(({ oldRefused }) => oldRefused).length;
  const said = findings.map(({ dealt }) => dealt?.refusedAfterMs ?? undefined);
  const seen = findings.map(({ sighting: { refusedMs } }) => refusedMs && refusedMs - begunMs);
  const rates = findings.map(({ traffic }) => traffic.perSecond);
  const early = failures.filter(({ atMs }) => atMs < deadlineMs);
  console.table({
    credentials: findings.length,
    replaced,
    'every old key refused': refused === findings.length ? 'yes' : `no: ${refused} of ${findings.length}`,
    'time to the last, by the report': lastOf(said),
    'time to the last, seen from outside': lastOf(seen),
    'median, by the report': medianOf(said),
    'median, seen from outside': medianOf(seen),
    deadline: `${within} after the command, ${new Date(deadlineMs).toISOString()}`,
    'queries made': findings.reduce((sum, { traffic }) => sum + traffic.queries + traffic.failures.length, 0),
    'lowest rate of a consumer': `${Math.min(...rates).toFixed(1)} queries a second`,
    'median rate': `${median(rates).toFixed(1)} queries a second`,
    'longest pause between two answers': duration(Math.max(...findings.map(({ traffic }) => traffic.pauseMs))),
    'failed queries before the deadline': early.length,
    'failed queries in all': failures.length,
    'of those the first': failures[0]?.text ?? 'none',
  });
  for (const problem of problems) console.log(`PROBLEM ${problem}`);
  const ends = report.lastRefusedAfterMs === null ? 'not every old key was seen refused' : 'all of it holds';
  console.log(problems.length === 0 ? `${ends}.` : `${problems.length} problems.`);
}

type Times = readonly (number | undefined)[];

const isComplete = (times: Times): times is readonly number[] => times.every((time) => time !== undefined);

function lastOf(times: Times): string {
  return isComplete(times) ? duration(Math.max(...times)) : 'not all were seen refused';
}

function medianOf(times: Times): string {
  return duration(median(times.filter((time) => time !== undefined)));
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((one, other) => one - other)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}
