import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const folder = new URL('./', import.meta.url);
const read = (file: string) => readFileSync(new URL(file, folder), 'utf8');
const own = 'table.test.ts';

/** The traps that a file has tests for: the titles of its outermost groups. */
function titlesIn(file: string): string[] {
  const titles = [...read(file).matchAll(/^(?:describe|test)[\w.]*\((['"`])(.*)\1/gm)];
  return titles.map(([, , title]) => `${title} | ${file}`);
}

/** The rows of the table, and the file that each one names. */
function rows(): string[] {
  const all = read('README.md').matchAll(/^\| (.+?) +\| .+? +\| \[\w+\]\(([\w.]+)\) +\|$/gm);
  return [...all].map(([, trap, file]) => `${trap} | ${file}`);
}

test('the table and the tests name the same traps', () => {
  const files = readdirSync(folder).filter((file) => file.endsWith('.test.ts') && file !== own);
  const titles = files.flatMap(titlesIn);
  expect(titles.length).toBeGreaterThan(0);
  expect(rows().sort()).toEqual(titles.sort());
});

test('every row of the table is well formed', () => {
  const lines = read('README.md')
    .split('\n')
    .filter((line) => line.startsWith('|'));
  expect(rows()).toHaveLength(lines.length - 2);
});
