import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Rotating, startRotating } from '../support/rotating.ts';
import { faultKinds } from '../world/faults.ts';
import { diagonal } from './diagonal.ts';
import { runPair } from './struck-cell.ts';
import { rows } from './table.ts';

let rotating: Rotating;
beforeAll(async () => {
  rotating = await startRotating();
});
afterAll(() => rotating?.stop());

const timeoutMs = 120_000;
const pairs = diagonal();

describe.concurrent('one fault in each step, on a real server', () => {
  for (const pair of pairs) {
    const { during, fault, provider, step, vault } = pair;
    const place = during === 'undo' ? `the undo of ${step}` : step;
    test(`${place}: ${fault} (${provider.name}, ${vault.name})`, { timeout: timeoutMs }, ({ onTestFinished }) =>
      runPair(rotating, pair, (work) => onTestFinished(() => work().then(() => {}))),
    );
  }
});

test('every kind of fault has its turn, and every step that can be undone is', () => {
  expect(new Set(pairs.map(({ fault }) => fault))).toEqual(new Set(faultKinds));
  const undone = (list: readonly { step: string; during: string }[]) =>
    list.filter(({ during, step }) => during === 'undo' && step !== 'prove restored').map(({ step }) => step);
  expect(undone(pairs)).toEqual(undone(rows));
});
