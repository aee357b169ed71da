import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Machine, machine } from './machine.ts';
import type { Engine, Finding } from './row.ts';

/** What is known of one row. */
export interface RowReport {
  name: string;
  about: string;
  quick: boolean;
  /** Of those that were asked for. */
  engines: readonly Engine[];
  at: string;
  tookMs: number;
  findings: readonly Finding[];
  /** `not measured: why`, line by line. */
  notMeasured: readonly string[];
  /** Absent: it came to its end. */
  failed?: string;
}

export interface Report {
  machine: Machine;
  /** The Temporal servers, by engine. */
  servers: Record<string, string>;
  rows: RowReport[];
}

export function newReport(): Report {
  return { machine: machine(), servers: {}, rows: [] };
}

/** @throws Error naming the file when it holds something else. */
export async function readReport(file: string): Promise<Report> {
  const report = JSON.parse(await readFile(file, 'utf8')) as Report;
  if (!Array.isArray(report.rows)) throw new Error(`${file} is not a report of the benchmark`);
  return report;
}

/** As a whole or not at all: a run may be ended at any moment. */
export async function writeReport(file: string, report: Report): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.new`, `${JSON.stringify(report, null, 2)}\n`);
  await rename(`${file}.new`, file);
}

/** Was this row measured to its end, in the same way? */
export function isDone({ rows }: Report, name: string, asked: { quick: boolean; engines: readonly Engine[] }): boolean {
  return rows.some(
    (row) =>
      row.name === name &&
      row.failed === undefined &&
      row.quick === asked.quick &&
      row.engines.join() === asked.engines.join(),
  );
}

/** In the order of `names`; one of the same name is replaced. */
export function withRow(report: Report, row: RowReport, names: readonly string[]): Report {
  const rows = [...report.rows.filter(({ name }) => name !== row.name), row];
  return { ...report, rows: rows.sort((one, other) => names.indexOf(one.name) - names.indexOf(other.name)) };
}
