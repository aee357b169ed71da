import fc from 'fast-check';

/** What JSON can hold, with the names and values that parsers trip over. */
export const garbage = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom<unknown>(
    null,
    true,
    '',
    0,
    -1,
    1e308,
    [],
    {},
    [[]],
    '\u0000',
    '\ud800',
    '__proto__',
    'x'.repeat(5_000),
  ),
  fc.record({ constructor: fc.constant({ prototype: { polluted: true } }) }),
);

const names = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', 'toString', '', '0', 'length', 'then', 'toJSON'),
  fc.string({ maxLength: 8 }),
);

export interface Edit {
  kind: 'change' | 'delete' | 'insert' | 'double';
  pick: number;
  name: string;
  value: unknown;
}

/** One to three changes, each at a place that is picked once the document is known. */
export function edits(values: fc.Arbitrary<unknown> = garbage): fc.Arbitrary<Edit[]> {
  const kind = fc.constantFrom<Edit['kind']>('change', 'delete', 'insert', 'double');
  const one = fc.record({ kind, pick: fc.nat(), name: names, value: values });
  return fc.array(one, { minLength: 1, maxLength: 3 });
}

/** A copy of the document with values changed, taken out, put in or doubled, anywhere. */
export function edited(valid: unknown, all: readonly Edit[]): unknown {
  return all.reduce<unknown>(
    (tree, one) => apply(tree, { ...one, value: structuredClone(one.value) }),
    structuredClone(valid),
  );
}

export function mutated(valid: unknown, values?: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return edits(values).map((all) => edited(valid, all));
}

type Key = string | number;

export function pathsOf(value: unknown, path: Key[] = []): Key[][] {
  if (typeof value !== 'object' || value === null) return [path];
  const below: [Key, unknown][] = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return [path, ...below.flatMap(([key, item]) => pathsOf(item, [...path, key]))];
}

function apply(tree: unknown, { kind, pick, name, value }: Edit): unknown {
  const paths = pathsOf(tree);
  const path = paths[pick % paths.length] ?? [];
  const last = path.at(-1);
  if (last === undefined) return kind === 'change' && pick % 7 === 0 ? value : tree;
  const parent = path.slice(0, -1).reduce((node, key) => (node as never)[key], tree) as Record<Key, unknown>;
  if (kind === 'change') define(parent, last, value);
  else if (kind === 'delete') remove(parent, last);
  else if (kind === 'double' && Array.isArray(parent))
    parent.splice(Number(last), 0, structuredClone(parent[Number(last)]));
  else if (Array.isArray(parent)) parent.splice(Number(last), 0, value);
  else define(parent, name, value);
  return tree;
}

/** Also a field called `__proto__`, as JSON.parse makes it. */
function define(parent: Record<Key, unknown>, key: Key, value: unknown): void {
  Object.defineProperty(parent, key, { value, enumerable: true, configurable: true, writable: true });
}

function remove(parent: Record<Key, unknown>, key: Key): void {
  if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else delete parent[key];
}

/** A text with one to three pieces cut out, put in or replaced. */
export function textMutated(text: string, pieces: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const one = fc.tuple(fc.nat({ max: text.length }), fc.nat({ max: 30 }), fc.oneof(pieces, fc.constant('')));
  return fc
    .array(one, { minLength: 1, maxLength: 3 })
    .map((all) => all.reduce((now, [at, length, piece]) => now.slice(0, at) + piece + now.slice(at + length), text));
}

/** Do two compact JWEs hold the same bytes? The last character of base64 has bits that nobody reads. */
export function sameBytes(one: string, other: string): boolean {
  const bytes = (text: string) => text.split('.').map((part) => Buffer.from(part, 'base64url').toString('hex'));
  return bytes(one).join('.') === bytes(other).join('.');
}
