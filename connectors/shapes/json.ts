import { applyEdits, findNodeAtLocation, type JSONPath, modify, type Node, parseTree } from 'jsonc-parser';
import type { KeyFields, KeyValue, Shape } from '../../contract/index.ts';
import { KeyturnError, Secret } from '../../contract/index.ts';
import { fieldOf } from './field.ts';

export type JsonShape = Exclude<Shape, string>;

/** @throws KeyturnError `invalid` naming the path where the document is not as the shape says. */
export function readJson(shape: JsonShape, document: Secret, fields: KeyFields): KeyValue {
  assertShape(shape, fields);
  const root = parse(document.reveal());
  const found = new Map<string, Secret>();
  for (const [path, field] of Object.entries(shape.json)) {
    const { node } = locate(root, path);
    if (node?.type !== 'string') throw unexpected(path, node);
    const value = new Secret(node.value as string);
    if (!(found.get(field) ?? value).equals(value)) {
      throw new KeyturnError(
        'invalid',
        `the stored document holds two different values of '${field}', one at '${path}'`,
      );
    }
    found.set(field, value);
  }
  return Object.fromEntries(found);
}

/** Edits the text in place: a string that already says the same, and all that the shape does not name, keeps its bytes. */
export function writeJson(shape: JsonShape, document: Secret | undefined, value: KeyValue, fields: KeyFields): Secret {
  assertShape(shape, fields);
  let text = document?.reveal() ?? '{}';
  for (const [path, field] of Object.entries(shape.json)) text = setString(text, path, fieldOf(value, field));
  return new Secret(text);
}

export function jsonProblems(shape: JsonShape, fields: KeyFields): string[] {
  const problems = Object.entries(shape.json).flatMap(([path, field]) => [
    ...(fields.all.includes(field)
      ? []
      : [`'${path}' wants '${field}'; the provider's keys have only: ${fields.all.join(', ')}`]),
    ...(segments(path).includes('') ? [`'${path}' has an empty part: a dot goes down, '\\.' is a literal dot`] : []),
  ]);
  if (!Object.values(shape.json).includes(fields.main))
    problems.push(`no path holds '${fields.main}', the key's main field`);
  const paths = Object.keys(shape.json).map((path) => JSON.stringify(segments(path)).slice(0, -1));
  const nested = paths.some((path, i) => paths.some((other, j) => i !== j && `${other},`.startsWith(`${path},`)));
  if (nested) problems.push('one path leads through, or is, another');
  return problems;
}

function assertShape(shape: JsonShape, fields: KeyFields): void {
  const [problem] = jsonProblems(shape, fields);
  if (problem !== undefined) throw new KeyturnError('invalid', `the target's shape: ${problem}`);
}

/** `a.b` is `b` in `a`; `\.` a literal dot, `\\` a literal backslash. */
function segments(path: string): string[] {
  const parts: string[] = [];
  let part = '';
  for (const [token] of path.matchAll(/\\.|./gs)) {
    if (token === '.') {
      parts.push(part);
      part = '';
    } else part += token.length > 1 ? token.slice(1) : token;
  }
  return [...parts, part];
}

function parse(text: string): Node {
  try {
    // The tolerant parser would read comments and stray commas that consumers refuse.
    JSON.parse(text);
  } catch {
    throw new KeyturnError('invalid', 'the stored value is not a JSON document');
  }
  const root = tree(text);
  if (root?.type !== 'object') {
    throw new KeyturnError('invalid', `the stored JSON document is ${named(root)}, expected an object`);
  }
  return root;
}

function tree(text: string): Node | undefined {
  try {
    return parseTree(text);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new KeyturnError('invalid', 'the stored JSON document is nested too deeply');
  }
}

/** The node at the path, or undefined, and the path as the editor wants it. */
function locate(root: Node, path: string): { node: Node | undefined; at: JSONPath } {
  let node: Node | undefined = root;
  const at: JSONPath = [];
  for (const segment of segments(path)) {
    const step: string | number = node?.type === 'array' ? indexOf(segment, node, path) : segment;
    if (node?.type === 'object') assertOnce(node, segment, path);
    else if (node !== undefined && node.type !== 'array') throw unexpected(path, node, 'an object on the way');
    at.push(step);
    node = node && findNodeAtLocation(node, [step]);
  }
  return { node, at };
}

function indexOf(segment: string, array: Node, path: string): number {
  const index = /^\d{1,6}$/.test(segment) ? Number(segment) : -1;
  if (!array.children?.[index]) {
    throw new KeyturnError(
      'invalid',
      `the stored document has a list on the way to '${path}', without such an element`,
    );
  }
  return index;
}

/** Of equal names most parsers take the last, this editor the first: no consumer would see what was written. */
function assertOnce(object: Node, name: string, path: string): void {
  const same = object.children?.filter((property) => property.children?.[0]?.value === name) ?? [];
  if (same.length > 1) {
    throw new KeyturnError('invalid', `the stored document has the same name twice on the way to '${path}'`);
  }
}

function setString(text: string, path: string, value: string): string {
  const { node, at } = locate(parse(text), path);
  if (node?.type === 'string' && node.value === value) return text;
  if (node !== undefined && node.type !== 'string' && node.type !== 'null') throw unexpected(path, node);
  return applyEdits(text, modify(text, at, value, {}));
}

function unexpected(path: string, node: Node | undefined, expected = 'a string'): KeyturnError {
  return new KeyturnError('invalid', `the stored document has ${named(node)} at '${path}', expected ${expected}`);
}

function named(node: Node | undefined): string {
  if (node === undefined) return 'nothing';
  return node.type === 'null' ? 'null' : `${/^[aeiou]/.test(node.type) ? 'an' : 'a'} ${node.type}`;
}
