import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { CatalogError } from '../../catalog/index.ts';
import { parse, valid } from './fakes.ts';

/** Accepted, or refused with places that are in the file. */
async function check(text: string): Promise<void> {
  try {
    await parse(text);
  } catch (error) {
    if (!(error instanceof CatalogError)) throw error;
    expect(error.problems.length).toBeGreaterThan(0);
    const lines = text.split('\n');
    for (const { line, column, message, found, expected } of error.problems) {
      expect(lines[line - 1], `line ${line} of ${lines.length}`).toBeDefined();
      expect(column).toBeGreaterThan(0);
      expect(column).toBeLessThanOrEqual((lines[line - 1]?.length ?? 0) + 1);
      expect(message && found && expected).toBeTruthy();
    }
  }
}

const word = fc.constantFrom(
  ...[
    'credentials',
    'owner',
    'provider',
    'type',
    'logins',
    'targets',
    '- ',
    ': ',
    '\n',
    '  ',
    '{',
    '}',
    '[',
    ']',
    '*a',
    '&a ',
  ],
  ...[
    '"',
    "'",
    '#',
    '---\n',
    '? ',
    '| ',
    '>\n',
    '<<',
    '!!str ',
    '.nan',
    '1e999',
    'null',
    '~',
    '\t',
    '%YAML',
    ',',
    '\u0000',
  ],
);
const yamlish = fc.array(fc.oneof(word, fc.string({ maxLength: 5 })), { maxLength: 60 }).map((parts) => parts.join(''));

it('throws nothing but a CatalogError, whatever the text', async () => {
  await fc.assert(fc.asyncProperty(fc.oneof(fc.string({ unit: 'binary' }), yamlish), check), { numRuns: 400 });
});

it('gives places in the file for every cut, inserted or doubled piece of a valid catalog', async () => {
  const at = fc.nat({ max: valid.length });
  const mutation = fc.tuple(at, at, fc.oneof(word, fc.string({ maxLength: 4 }), fc.constant('')));
  const mutate = (text: string, [from, to, piece]: [number, number, string]) =>
    text.slice(0, from) + piece + text.slice(Math.min(from + (to % 30), text.length));
  const mutated = fc.array(mutation, { minLength: 1, maxLength: 3 }).map((all) => all.reduce(mutate, valid));
  await fc.assert(fc.asyncProperty(mutated, check), { numRuns: 400 });
});

it('gives places in the file for every value replaced by any other', async () => {
  const paths = pathsOf(parseDocument(valid).toJS());
  const replaced = fc.tuple(fc.constantFrom(...paths), fc.jsonValue({ maxDepth: 2 })).map(([path, value]) => {
    const document = parseDocument(valid);
    document.setIn(path, value);
    return document.toString();
  });
  await fc.assert(fc.asyncProperty(replaced, check), { numRuns: 400 });
});

type Key = string | number;

function pathsOf(value: unknown, path: Key[] = []): Key[][] {
  if (typeof value !== 'object' || value === null) return [path];
  const below = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return [...(path.length > 0 ? [path] : []), ...below.flatMap(([key, item]) => pathsOf(item, [...path, key as Key]))];
}
