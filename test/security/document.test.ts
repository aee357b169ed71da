import { readdirSync, readFileSync } from 'node:fs';
import { parseSync } from 'oxc-parser';
import { describe, expect, test } from 'vitest';

/** SECURITY.md says nothing that no test shows. */

const root = new URL('../../', import.meta.url);
const page = readFileSync(new URL('SECURITY.md', root), 'utf8');

interface Named {
  file: string;
  title: string;
}

/** `test/some.test.ts` "a title", "another title of the same file". */
function namedIn(text: string): Named[] {
  const files = text.matchAll(/`(test\/[^`]+\.(?:test|suite)\.ts)`((?:,? "(?:\\"|[^"])+")*)/g);
  return [...files].flatMap(([, file = '', titles = '']) =>
    [...titles.matchAll(/"((?:\\"|[^"])+)"/g)].map(([, title = '']) => ({ file, title: title.replaceAll('\\"', '"') })),
  );
}

/** The titles of all tests in a file, as they are written, and how each is declared: `test`, `it.each`, `test.fails`. */
function testsIn(file: string): { title: string; how: string }[] {
  const { program, errors } = parseSync(file, readFileSync(new URL(file, root), 'utf8'));
  expect(errors).toEqual([]);
  return callsIn(program).flatMap(({ callee, arguments: [first] }) => {
    const how = nameOf(callee);
    const title = typeof first?.value === 'string' ? first.value : first?.quasis?.[0]?.value?.cooked;
    return /^(?:test|it)\b/.test(how) && title !== undefined ? [{ title, how }] : [];
  });
}

/** As far as it is looked at here. */
interface Node {
  type?: string;
  name?: string;
  value?: unknown;
  quasis?: { value?: { cooked?: string } }[];
  callee?: Node;
  object?: Node;
  property?: Node;
  arguments?: Node[];
}

type Call = Required<Pick<Node, 'callee' | 'arguments'>>;

function callsIn(node: unknown): Call[] {
  if (typeof node !== 'object' || node === null) return [];
  const inside = Object.values(node).flatMap(callsIn);
  return (node as Node).type === 'CallExpression' ? [node as Call, ...inside] : inside;
}

/** `test.each` of `test.each(table)('title', ...)`. */
function nameOf({ name, callee, object, property }: Node): string {
  if (callee) return nameOf(callee);
  return object && property ? `${nameOf(object)}.${nameOf(property)}` : (name ?? '');
}

const files = (folder: string) =>
  readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => `${folder}${name}`);
const own = files('test/security/').filter((file) => file !== 'test/security/document.test.ts');
const named = namedIn(page);
const isNamed = (file: string, title: string) => named.some((each) => each.file === file && each.title === title);

const section = (title: string) => page.split(`\n## ${title}\n`)[1]?.split('\n## ')[0] ?? '';

test('the page is read as it is written', () => {
  const text = 'As `test/a.test.ts` "one", "of \\"two\\" words" and `test/b.test.ts` "three".';
  expect(namedIn(text)).toEqual([
    { file: 'test/a.test.ts', title: 'one' },
    { file: 'test/a.test.ts', title: 'of "two" words' },
    { file: 'test/b.test.ts', title: 'three' },
  ]);
  expect(named.length).toBeGreaterThan(50);
});

test.each(named)('$file has a test "$title"', ({ file, title }) => {
  const titles = testsIn(file).map((each) => each.title);
  expect(titles).toContain(title);
});

const rows = section('Who can do what')
  .split('\n')
  .filter((line) => /^\| (?:can|cannot) \|/.test(line));

test('each row names a test, or says that it is so by nature', () => {
  expect(rows.length).toBeGreaterThan(50);
  const without = rows.filter(
    (row) => namedIn(row).length === 0 && !/\| (?:by nature|see \[.*\]\(#.*\)) \|$/.test(row),
  );
  expect(without).toEqual([]);
});

test('every section has what an attacker can do, and what not', () => {
  for (const part of section('Who can do what').split('\n### ').slice(1)) {
    expect(part, part.split('\n')[0]).toMatch(/^\| can \|/m);
    expect(part, part.split('\n')[0]).toMatch(/^\| cannot \|/m);
  }
});

describe.each(own)('of %s', (file) => {
  test('something stands on the page', () => {
    expect(named.map((each) => each.file)).toContain(file);
  });

  test('what is accepted, and what is known to fail, stands on the page', () => {
    const tests = testsIn(file);
    const accepted = tests.filter(({ title }) => title.startsWith('accepted: '));
    expect(accepted.filter(({ title }) => !isNamed(file, title))).toEqual([]);
    const faults = namedIn(section('Known faults')).filter((each) => each.file === file);
    const failing = tests.filter(({ how }) => how.includes('.fails'));
    expect(faults.map(({ title }) => title).sort()).toEqual(failing.map(({ title }) => title).sort());
  });
});
