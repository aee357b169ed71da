import { expect, test } from 'vitest';
import { table } from '../../workflows/steps.ts';

const names = table.steps.map((step) => step.name);

test('the lifecycle is this, in this order', () => {
  expect(names).toEqual([
    'inspect',
    'approve',
    'create',
    'write',
    'switch',
    'smokeTest',
    'refresh',
    'retire',
    'delete',
    'tidy',
    'record',
  ]);
});

test('there is one pivot, and every step before it that changes anything can be undone', () => {
  const pivots = table.steps.filter((step) => step.pivot);
  expect(pivots.map((step) => step.name)).toEqual(['delete']);
  const before = table.steps.slice(0, names.indexOf('delete'));
  const undone = before.filter((step) => 'run' in step.undo).map((step) => step.name);
  expect(undone).toEqual(['create', 'write', 'switch', 'refresh', 'retire']);
});

test.each(table.steps.filter((step) => 'none' in step.undo))('$name says why it has no undo', ({ undo }) => {
  expect('none' in undo && undo.none.length).toBeGreaterThan(5);
});
