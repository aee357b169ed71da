import { type Alias, type Document, isAlias, isMap, isScalar, isSeq, type Node, type Pair, type Scalar } from 'yaml';
import type { Path } from './problem.ts';
import { syntaxWords } from './syntax.ts';

/** A place in the file that is known by its offset. */
export interface Spot {
  offset: number;
  path: Path;
  found: string;
  expected: string;
  fix?: string;
}

/** What JSON can hold. */
export type Plain = null | boolean | number | string | Plain[] | { [field: string]: Plain };

/** A string that the file spells with escapes or over several lines. */
export interface Rewritten {
  offset: number;
  value: string;
}

const nodesMax = 2_000_000;
const aliasedNodesMax = 100_000;
const depthMax = 40;

interface Walk {
  text: string;
  spots: Spot[];
  rewritten: Rewritten[];
  nodes: number;
  /** Nodes reached through an alias: a few lines of YAML can stand for billions. */
  aliased: number;
  inAlias: boolean;
  /** By name, as of the place that the walk has come to. */
  anchors: Map<string, Node>;
  resolved: Map<Alias, Node>;
}

/** Turns a document into plain data. What JSON cannot hold, and any field that stands twice, is reported and left out. */
export function toPlain(
  document: Document.Parsed,
  text: string,
): { data: Plain; spots: readonly Spot[]; rewritten: readonly Rewritten[]; resolved: ReadonlyMap<Alias, Node> } {
  const found = { spots: [], rewritten: [], anchors: new Map(), resolved: new Map() };
  const walk: Walk = { text, ...found, nodes: 0, aliased: 0, inAlias: false };
  const { spots, rewritten, resolved } = walk;
  try {
    return { data: plain(walk, document.contents, [], 0), spots, rewritten, resolved };
  } catch (error) {
    if (!(error instanceof TooMuch)) throw error;
    return { data: null, spots: [...spots, error.spot], rewritten, resolved };
  }
}

class TooMuch extends Error {
  readonly spot: Spot;

  constructor(spot: Spot) {
    super(spot.found);
    this.spot = spot;
  }
}

function plain(walk: Walk, node: unknown, path: Path, depth: number): Plain {
  count(walk, node, path, depth);
  if (isAlias(node)) return throughAlias(walk, node, path, depth);
  noteAnchor(walk, node);
  if (isSeq(node)) return node.items.map((item, index) => plain(walk, item, [...path, index], depth + 1));
  if (isMap(node)) return mapping(walk, node.items, path, depth);
  if (isScalar(node)) return scalar(walk, node, path);
  return null;
}

function count(walk: Walk, node: unknown, path: Path, depth: number): void {
  walk.nodes += 1;
  if (walk.inAlias) walk.aliased += 1;
  const expected = 'credentials, as docs/catalog.md describes them';
  const offset = offsetOf(node);
  if (depth > depthMax)
    throw new TooMuch({ offset, path: path.slice(0, 6), found: `more than ${depthMax} levels`, expected });
  if (walk.aliased > aliasedNodesMax) {
    const fix = 'write the fields out where they are used';
    throw new TooMuch({ offset, path, found: 'aliases that stand for too much', expected: 'fewer of them', fix });
  }
  if (walk.nodes > nodesMax) throw new TooMuch({ offset, path, found: `more than ${nodesMax} values`, expected });
}

/** A node stands before all that it holds and all aliases of it. */
function noteAnchor({ anchors, inAlias }: Walk, node: unknown): void {
  const { anchor } = (node ?? {}) as { anchor?: string };
  if (anchor !== undefined && !inAlias) anchors.set(anchor, node as Node);
}

/**
 * What an alias meant where it first stood. Not the library's own way, which looks through the whole document for each alias: many of
 * them would take minutes.
 */
function targetOf({ anchors, resolved }: Walk, alias: Alias): Node | undefined {
  const node = resolved.get(alias) ?? anchors.get(alias.source);
  if (node) resolved.set(alias, node);
  return node;
}

function throughAlias(walk: Walk, alias: Alias, path: Path, depth: number): Plain {
  const node = targetOf(walk, alias);
  if (!node) {
    const { found, expected, fix } = syntaxWords('BAD_ALIAS');
    walk.spots.push({ offset: offsetOf(alias), path, found, expected, ...(fix && { fix }) });
    return null;
  }
  const before = walk.inAlias;
  walk.inAlias = true;
  const value = plain(walk, node, path, depth + 1);
  walk.inAlias = before;
  return value;
}

function mapping(walk: Walk, pairs: readonly Pair[], path: Path, depth: number): Plain {
  const result: { [field: string]: Plain } = {};
  const seen = new Set<string>();
  for (const { key, value } of pairs) {
    const field = fieldName(walk, key, path, seen);
    if (field !== undefined) result[field] = plain(walk, value, [...path, field], depth + 1);
  }
  return result;
}

function fieldName(walk: Walk, key: unknown, path: Path, seen: Set<string>): string | undefined {
  const refuse = (found: string, expected: string, fix?: string) => {
    walk.spots.push({ offset: offsetOf(key), path, found, expected, ...(fix && { fix }) });
    return undefined;
  };
  if (!isScalar(key)) return refuse('a list, mapping or alias as a field name', 'a plain name');
  noteAnchor(walk, key);
  const name = keyText(key);
  noteRewritten(walk, key, name);
  if (name === '__proto__') return refuse('a field name that is not allowed', 'another name');
  if (name === '<<') return refuse('a merge key (<<)', 'the fields themselves', 'YAML 1.2 has no merge keys');
  if (seen.has(name)) return refuse('a field name that stands here twice', 'each field once', 'take one of them away');
  seen.add(name);
  return name;
}

function scalar(walk: Walk, node: Scalar, path: Path): Plain {
  const { value } = node;
  if (typeof value === 'string') noteRewritten(walk, node, value);
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  walk.spots.push({
    offset: offsetOf(node),
    path,
    found: 'a value that JSON cannot hold',
    expected: 'text or a number',
  });
  return null;
}

function noteRewritten(walk: Walk, node: Scalar, value: string): void {
  const [start, end] = node.range ?? [0, 0];
  const written = walk.text.slice(start, end);
  if (written.includes('\\') || !written.includes(value)) walk.rewritten.push({ offset: start, value });
}

/** A field's name, also where YAML reads it as a number. */
export function keyText(key: { value: unknown; source?: string | undefined }): string {
  return typeof key.value === 'string' ? key.value : (key.source ?? String(key.value));
}

function offsetOf(node: unknown): number {
  return (node as Node | null)?.range?.[0] ?? 0;
}
