import { clearScreenDown, moveCursor } from 'node:readline';
import type { Style } from './output.ts';
import type { Paint } from './progress-lines.ts';
import { table } from './table.ts';

export interface Line {
  texts: readonly string[];
  style?: Style;
}

/** A table on a terminal that is drawn over itself whenever a line of it changes. */
export class Board {
  readonly #stream: NodeJS.WriteStream;
  readonly #heads: readonly string[];
  readonly #paint: Paint;
  readonly #lines = new Map<string, Line>();
  #title: readonly string[] = [];
  #drawn: readonly string[] = [];

  constructor(stream: NodeJS.WriteStream, heads: readonly string[], paint: Paint) {
    this.#stream = stream;
    this.#heads = heads;
    this.#paint = paint;
  }

  set(name: string, line: Line): void {
    this.#lines.set(name, line);
    this.#draw();
  }

  /** These, and no others. */
  setAll(title: string, lines: readonly (readonly [string, Line])[]): void {
    this.#title = [title];
    this.#lines.clear();
    for (const [name, line] of lines) this.#lines.set(name, line);
    this.#draw();
  }

  #draw(): void {
    const lines = this.#cut();
    if (lines.join('\n') === this.#drawn.join('\n')) return;
    moveCursor(this.#stream, 0, -this.#drawn.length);
    clearScreenDown(this.#stream);
    this.#stream.write(`${lines.join('\n')}\n`);
    this.#drawn = lines;
  }

  /** A line that wraps, or a table that scrolls, could not be drawn over. A terminal may not say how large it is. */
  #cut(): string[] {
    const [columns, rows] = [this.#stream.columns || 80, this.#stream.rows || 24];
    const lines = [...this.#lines.values()];
    const cells = lines.map(({ texts }) => texts.map((text) => ({ text })));
    const [head = '', ...plain] = table(this.#heads, cells, (_style, text) => text).split('\n');
    const painted = plain.map((text, at) => {
      const style = lines[at]?.style;
      return style === undefined ? text.slice(0, columns - 1) : this.#paint(style, text.slice(0, columns - 1));
    });
    const heads = [...this.#title, head].map((text) => this.#paint('bold', text.slice(0, columns - 1)));
    const all = [...heads, ...painted];
    return all.length < rows ? all : [...all.slice(0, rows - 2), `and ${all.length - rows + 2} more`];
  }
}
