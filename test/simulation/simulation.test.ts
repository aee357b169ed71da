import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { mutants } from './mutants.ts';
import { type Scenario, scenarioOf } from './scenario.ts';
import { simulate } from './simulate.ts';

const seeds = 240;
const groups = 8;
const past = new URL('./past/', import.meta.url);

describe('no story breaks an invariant', () => {
  test.each(Array.from({ length: groups }, (_, group) => group))('group %i of the seeds', async (group) => {
    for (let seed = 1 + group; seed <= seeds; seed += groups) {
      const { trace, violations } = await simulate(scenarioOf(seed));
      expect(violations, `npm run simulate -- --seed ${seed}\n${trace.join('\n')}`).toEqual([]);
    }
  });
});

test('the same story is told the same way twice', async () => {
  const [first, second] = [await simulate(scenarioOf(7)), await simulate(scenarioOf(7))];
  expect(second.trace).toEqual(first.trace);
  expect(second.events).toBe(first.events);
});

const inThePast = (file: string): Scenario => JSON.parse(readFileSync(new URL(file, past), 'utf8'));

test.each(readdirSync(past))('what once went wrong: %s', async (file) => {
  expect((await simulate(inThePast(file))).violations).toEqual([]);
});

test('one that has not looked when it turns back is waited for until it speaks next, without anybody', async () => {
  const { ends, trace } = await simulate(inThePast('turned-back-before-the-consumer-looked.json'));
  expect(ends.map(({ outcome }) => outcome)).toEqual(['restored', 'rotated']);
  expect(trace.filter((line) => line.startsWith('help'))).toEqual([]);
});

test.each(mutants.flatMap(({ edits, name }) => edits.map((edit) => ({ name, ...edit }))))(
  'the mutant "$name" still fits the code',
  ({ file, find }) => {
    const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
    expect(text.split(find)).toHaveLength(2);
  },
);
