import { describe, expect, test } from 'vitest';
import { changedLines, type Paint } from '../../cli/progress-lines.ts';
import { duration, moment } from '../../cli/words.ts';
import type { Progress, StepProgress } from '../../contract/index.ts';

const plain: Paint = (_style, text) => text;
const at = (second: number) => `2026-01-02T03:04:0${second}.000Z`;

function progress(given: Partial<Progress>): Progress {
  return {
    rotation: 'r1',
    credential: 'a/b',
    state: 'running',
    phase: 'inspect',
    startedAt: at(0),
    urgency: 'routine',
    steps: [],
    waits: [],
    targets: [],
    pastPivot: false,
    requests: [],
    ...given,
  };
}

const step = (name: string, status: StepProgress['status']): StepProgress => ({
  name,
  status,
  startedAt: at(0),
  ...(status === 'running' ? {} : { endedAt: at(2) }),
});

describe('what has changed', () => {
  test('each change of a step is one line, with its duration when it is over', () => {
    const first = progress({ steps: [step('inspect', 'running')] });
    const second = progress({ steps: [step('inspect', 'done'), step('approve', 'skipped'), step('create', 'failed')] });
    expect(changedLines(undefined, first, plain)).toEqual(['… inspect    running']);
    expect(changedLines(first, first, plain)).toEqual([]);
    expect(changedLines(first, second, plain)).toEqual(['✓ inspect    2s', '✗ create     2s  failed']);
  });

  test('a wait is shown again when its detail changes or it is late', () => {
    const wait = { name: 'consumer app', since: at(0), detail: '0 of 2' };
    const first = progress({ waits: [wait] });
    const second = progress({ waits: [{ ...wait, detail: '1 of 2' }] });
    const late = progress({ waits: [{ ...wait, detail: '1 of 2', late: true }] });
    expect(changedLines(undefined, first, plain)).toEqual(['  waits (consumer app): 0 of 2']);
    expect(changedLines(first, second, plain)).toEqual(['  waits (consumer app): 1 of 2']);
    expect(changedLines(second, second, plain)).toEqual([]);
    expect(changedLines(second, late, plain)).toEqual([`  LATE, since ${moment(at(0))}: waits (consumer app): 1 of 2`]);
  });

  test('the next rotation begins anew', () => {
    const first = progress({ steps: [step('inspect', 'done')] });
    const next = { ...first, rotation: 'r2' };
    expect(changedLines(first, next, plain)).toEqual(['✓ inspect    2s']);
  });
});

test.for([
  [0, '0s'],
  [430, '0.4s'],
  [9_949, '9.9s'],
  [59_600, '1m'],
  [90_000, '1m 30s'],
  [3_600_000, '1h'],
  [30 * 86_400_000, '30d'],
  [86_400_000 + 3_600_000 + 1_000, '1d 1h'],
] as const)('%d ms is %s', ([ms, words]) => {
  expect(duration(ms)).toBe(words);
});
