import fc from 'fast-check';
import { expect, test } from 'vitest';
import { csvLine } from '../../cli/csv.ts';

/** Reads as RFC 4180 says, and nothing more. */
function read(text: string): string[][] {
  const records: string[][] = [];
  let cells: string[] = [];
  for (const [, quoted, plain = '', end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    cells.push(quoted?.replaceAll('""', '"') ?? plain);
    if (end === ',') continue;
    records.push(cells);
    cells = [];
  }
  return records;
}

const written = (text: string) => (text.startsWith("'") ? text.slice(1) : text);
const hostile = fc
  .array(fc.constantFrom('=', '+', '-', '@', '\t', '\r', '\n', "'", '"', ',', ';', '＝', 'a', '1', ' '))
  .map((parts) => parts.join(''));
const cell = fc.oneof(hostile, fc.string({ unit: 'binary' }));
const table = fc.array(fc.array(cell, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 6 });

test('whatever stands in the cells is read back as it was', () => {
  fc.assert(
    fc.property(table, (rows) => {
      const records = read(rows.map(csvLine).join(''));
      expect(records.map((cells) => cells.map(written))).toEqual(rows);
    }),
    { numRuns: 2_000 },
  );
});

test('no cell begins as a formula does', () => {
  fc.assert(
    fc.property(table, (rows) => {
      for (const text of read(rows.map(csvLine).join('')).flat()) expect(text).not.toMatch(/^[=+\-@\t\r\n＝＋－＠]/);
    }),
    { numRuns: 2_000 },
  );
});

test('what there is none of is an empty cell; numbers and truth values are written out', () => {
  expect(csvLine([undefined, null, '', 0, false, 'a,b'])).toBe(',,,0,false,"a,b"\r\n');
});
