import { availableParallelism } from 'node:os';
import { beforeAll, expect, test } from 'vitest';
import { columns } from './cells.ts';
import { oneOfEachKind } from './shapes.ts';
import { missing, rows } from './table.ts';
import type { UnitResult } from './unit.ts';
import { unitsOf } from './units.ts';
import { runAll } from './work.ts';

/** Of so many cells one: the rest is for `npm run test:faults`. */
const deal = 9;
const timeoutMs = 240_000;

let matrix: UnitResult;
beforeAll(async () => {
  matrix = await runAll(unitsOf(oneOfEachKind(), deal), availableParallelism(), () => {});
}, timeoutMs);

test('no fault in any call of any step breaks an invariant', () => {
  const broken = matrix.broken.map(({ site, tale, violations }) => ({ violations, site, tale: JSON.stringify(tale) }));
  expect(broken).toEqual([]);
});

test('no step of the table is missing, forwards or back', () => {
  expect(missing(matrix.counts)).toEqual([]);
});

test('what a step that nobody has thought of would show', () => {
  expect(missing([])).toHaveLength(rows.length);
});

test.each(columns.map(({ name }) => name))('%s: some rotations met with it', (column) => {
  expect(matrix.counts.filter((count) => count.column === column && count.end !== 'no end')).not.toEqual([]);
});

test('whoever rolls back too late is refused, and it is rotated; before the pivot it is restored', () => {
  const late = matrix.counts.filter(({ column }) => column === 'quarantined: rollBack');
  expect(new Set(late.map(({ end }) => end))).toEqual(new Set(['rotated', 'restored']));
});
