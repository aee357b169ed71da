import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseDocument,
  type YAMLMap,
} from 'yaml';
import { keyText, type Plain, type Rewritten, type Spot, toPlain } from './plain.ts';
import { type Finding, type Path, printable } from './problem.ts';
import { looksSecret } from './secrets.ts';
import { syntaxWords } from './syntax.ts';

/** A YAML file as plain data, with the way back from a path to its place. */
export interface Tree {
  data: Plain;
  /** What is wrong with the YAML itself. */
  spots: readonly Spot[];
  /** Strings that the file does not hold as they are. */
  rewritten: readonly Rewritten[];
  /** The offset of a field's name or value, or of the nearest thing around one that is missing. */
  offsetOf(path: Path, at: Finding['at']): number;
  /** The path of what stands at an offset. */
  pathAt(offset: number): Path;
  position(offset: number): { line: number; column: number };
}

export const charactersMax = 16_777_216;

export function readYaml(text: string): Tree {
  const document = text.length > charactersMax ? tooLong : parse(text);
  if ('offset' in document) return broken([document], text);
  const spots = [...document.errors, ...document.warnings].map(({ code, pos }) => {
    const { found, expected, fix } = syntaxWords(code);
    return { offset: pos[0], path: [], found, expected, ...(fix && { fix }) };
  });
  if (spots.length > 0) return broken(spots, text);
  const { resolved, ...plain } = toPlain(document, text);
  return { ...treeOf(document, text, resolved), ...plain };
}

const tooLong: Spot = {
  offset: 0,
  path: [],
  found: `a file of more than ${charactersMax} characters`,
  expected: 'a smaller one',
  fix: 'divide the catalog into several files',
};

const tooDeep: Spot = {
  offset: 0,
  path: [],
  found: 'a document that is nested too deeply to be read',
  expected: 'credentials, as docs/catalog.md describes them',
};

function parse(text: string): Document.Parsed | Spot {
  try {
    // Duplicate fields are found by `toPlain`: the library's own check takes quadratic time.
    return parseDocument(text, { prettyErrors: false, uniqueKeys: false });
  } catch {
    // The parser recurses: what overflows its stack is no catalog.
    return tooDeep;
  }
}

function broken(spots: readonly Spot[], text: string): Tree {
  return { data: null, spots, rewritten: [], offsetOf: () => 0, pathAt: () => [], position: positions(text) };
}

type Resolved = ReadonlyMap<Alias, Node>;

function treeOf(
  document: Document.Parsed,
  text: string,
  resolved: Resolved,
): Omit<Tree, 'data' | 'spots' | 'rewritten'> {
  const fields: Fields = new Map();
  return {
    offsetOf: (path, at) => offsetOf({ document, resolved, fields }, path, at),
    pathAt: (offset) => pathAt(document.contents, offset),
    position: positions(text),
  };
}

/** Counted here: the library's own counter loses lines in broken documents. */
function positions(text: string): Tree['position'] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    const within = Math.min(Math.max(offset, 0), text.length);
    const line = lastAtMost(starts, within);
    return { line: line + 1, column: within - (starts[line] ?? 0) + 1 };
  };
}

/** The index of the last entry of an ascending list that is no greater than `limit`. */
function lastAtMost(ascending: readonly number[], limit: number): number {
  let [low, high] = [0, ascending.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((ascending[middle] ?? 0) <= limit) low = middle;
    else high = middle - 1;
  }
  return low;
}

type Held = Node | null | undefined;

/** The pairs of each mapping that was looked into, by name: many findings in a long one would take quadratic time. */
type Fields = Map<YAMLMap, Map<string, Pair>>;

interface Places {
  document: Document.Parsed;
  resolved: Resolved;
  fields: Fields;
}

function offsetOf({ document, resolved, fields }: Places, path: Path, at: Finding['at']): number {
  let node: Held = document.contents;
  let offset = node?.range?.[0] ?? 0;
  for (const [depth, segment] of path.entries()) {
    const { key, value } = child(fields, isAlias(node) ? resolved.get(node) : node, segment);
    if (!key && !value) return offset;
    const last = depth === path.length - 1;
    const shown = last && at === 'value' ? (value ?? key) : (key ?? value);
    offset = shown?.range?.[0] ?? offset;
    node = value;
  }
  return offset;
}

function child(fields: Fields, node: Held, segment: string | number): { key?: Held; value?: Held } {
  if (isSeq(node)) return { value: node.items[Number(segment)] as Held };
  if (!isMap(node)) return {};
  const known = fields.get(node) ?? pairsByName(node);
  fields.set(node, known);
  const pair = known.get(String(segment));
  return pair ? { key: pair.key as Held, value: pair.value as Held } : {};
}

/** Of equal names the first. */
function pairsByName({ items }: YAMLMap): Map<string, Pair> {
  const named = items.flatMap((pair) => (isScalar(pair.key) ? [[keyText(pair.key), pair] as const] : []));
  return new Map(named.reverse());
}

function pathAt(node: Held, offset: number, path: Path = []): Path {
  if (isSeq(node)) {
    const index = node.items.findIndex((item) => covers(item as Held, offset));
    return index < 0 ? path : pathAt(node.items[index] as Held, offset, [...path, index]);
  }
  if (!isMap(node)) return path;
  const pair = node.items.find(({ key, value }) => covers(key as Held, offset) || covers(value as Held, offset));
  if (!pair || !isScalar(pair.key)) return path;
  const segment = keyText(pair.key);
  const next = [...path, segment];
  return covers(pair.value as Held, offset) ? pathAt(pair.value as Held, offset, next) : next;
}

function covers(node: Held, offset: number): boolean {
  const range = node?.range;
  return range ? range[0] <= offset && offset < range[2] : false;
}

/** A path as people write it. A segment that looks like a secret is not shown. */
export function pathText(path: Path): string {
  return path
    .map((segment) => {
      if (typeof segment === 'number') return `[${segment}]`;
      return looksSecret(segment) ? '(hidden)' : printable(segment.slice(0, 200));
    })
    .reduce((text, part) => (part.startsWith('[') || text === '' ? text + part : `${text}.${part}`), '');
}
