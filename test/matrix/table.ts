import { table } from '../../workflows/steps.ts';
import { columns } from './cells.ts';
import { proof } from './places.ts';
import type { Count } from './unit.ts';

type Row = Pick<Count, 'step' | 'during'>;

/** Every row that the matrix has to have: what the table of the steps says. */
export const rows: readonly Row[] = [
  ...table.steps.map(({ name }): Row => ({ step: name, during: 'run' })),
  ...table.steps.filter(({ undo }) => 'run' in undo).map(({ name }): Row => ({ step: name, during: 'undo' })),
  { step: proof, during: 'undo' },
];

export const nameOf = ({ during, step }: Row): string => (during === 'undo' ? `${step}, undone` : step);

/** Rows in which nothing has been tried. */
export function missing(counts: readonly Count[]): string[] {
  const tried = new Set(counts.filter(({ cells }) => cells > 0).map(nameOf));
  return rows.map(nameOf).filter((name) => !tried.has(name));
}

/** How many cells of each row and column there were. */
export function inTable(counts: readonly Count[]): string {
  const head = ['', ...columns.map(({ name }) => name)];
  const body = rows.map((row) => [nameOf(row), ...columns.map(({ name }) => String(sum(counts, row, name) || '-'))]);
  const total = ['all', ...columns.map(({ name }) => String(sum(counts, undefined, name)))];
  return aligned([...turned(head), ...body, total]);
}

/** How many of each column ended how. */
export function ends(counts: readonly Count[]): string {
  const kinds = [...new Set(counts.map(({ end }) => end))].sort();
  const body = columns.map(({ name }) => [
    name,
    ...kinds.map((end) => String(total(counts.filter((count) => count.column === name && count.end === end)) || '-')),
  ]);
  return aligned([['', ...kinds], ...body]);
}

function sum(counts: readonly Count[], row: Row | undefined, column: string): number {
  const isOf = (count: Count) => row === undefined || nameOf(count) === nameOf(row);
  return total(counts.filter((count) => count.column === column && isOf(count)));
}

const total = (counts: readonly Count[]) => counts.reduce((all, { cells }) => all + cells, 0);

/** Long names of columns in several lines, a word in each. */
function turned(head: readonly string[]): string[][] {
  const words = head.map((name) => name.split(' '));
  const lines = Math.max(...words.map(({ length }) => length));
  return Array.from({ length: lines }, (_, line) => words.map((each) => each[line - lines + each.length] ?? ''));
}

function aligned(lines: readonly (readonly string[])[]): string {
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const padded = (text: string, column: number) =>
    column === 0 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0);
  return lines.map((line) => line.map(padded).join('  ').trimEnd()).join('\n');
}
