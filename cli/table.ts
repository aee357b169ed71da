import type { Style } from './output.ts';
import type { Paint } from './progress-lines.ts';
import { printable } from './words.ts';

/** `style` colours it on a terminal. */
export interface Cell {
  text: string;
  style?: Style;
}

const gap = '  ';

/** A table for people, each column as wide as its widest cell. */
export function table(heads: readonly string[], rows: readonly (readonly Cell[])[], paint: Paint): string {
  const lines = [
    heads.map((text): Cell => ({ text, style: 'bold' })),
    ...rows.map((cells) => cells.map(printableCell)),
  ];
  const widths = heads.map((_, column) => Math.max(...lines.map((cells) => cells[column]?.text.length ?? 0)));
  return lines.map((cells) => lineOf(cells, widths, paint)).join('\n');
}

function lineOf(cells: readonly Cell[], widths: readonly number[], paint: Paint): string {
  const texts = cells.map(({ style, text }, column) => {
    const painted = style === undefined ? text : paint(style, text);
    const isLast = column === cells.length - 1;
    return isLast ? painted : painted + ' '.repeat((widths[column] ?? 0) - text.length);
  });
  return texts.join(gap);
}

function printableCell({ text, ...rest }: Cell): Cell {
  return { ...rest, text: printable(text) };
}
