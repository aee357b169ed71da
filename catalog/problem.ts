export type Path = readonly (string | number)[];

/** What is wrong, at a place in the document's tree. `found` never holds a value that may be a secret. */
export interface Finding {
  path: Path;
  /** Where to point: at the field's name or at what it holds. Something missing is pointed at by its surroundings. */
  at: 'key' | 'value';
  /** The whole sentence; by default `found ..., expected ...`. */
  says?: string;
  found: string;
  expected: string;
  fix?: string;
}

/** A finding in a file. `line` and `column` count from 1; `path` is the way down to the field, with dots. */
export interface Problem {
  file: string;
  line: number;
  column: number;
  path: string;
  message: string;
  found: string;
  expected: string;
  fix?: string;
}

const shownMax = 100;

/** Everything that is wrong with a catalog, in the order of the file. Its message is one line for each. */
export class CatalogError extends Error {
  override readonly name = 'CatalogError';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(listOf(problems));
    this.problems = problems;
  }
}

function listOf(problems: readonly Problem[]): string {
  const lines = problems.slice(0, shownMax).map(lineOf);
  const more = problems.length - lines.length;
  return more > 0 ? [...lines, `and ${more} more`].join('\n') : lines.join('\n');
}

/** `catalog.yaml:12:7 credentials.a/b.provider.hots: unknown field "hots"; did you mean "host"?` */
export function lineOf({ file, line, column, path, message }: Problem): string {
  return `${file}:${line}:${column}${path ? ` ${path}` : ''}: ${message}`;
}

/** Field names and texts of a file may hold what a terminal would obey. */
export function printable(text: string): string {
  return text.replace(/[\p{C}\u2028\u2029]/gu, '?');
}

export function messageOf({ says, found, expected, fix }: Finding): string {
  const sentence = says ?? `found ${found}, expected ${expected}`;
  return fix === undefined ? sentence : `${sentence}; ${fix}`;
}
