import { expect, test } from 'vitest';
import { close, type Hooks, runSaga, type Settled, type Step, type Table } from '../../workflows/saga.ts';

type Log = string[];

interface Answers {
  /** Asked in order when something has to be settled; none left: the test is wrong. */
  settled?: Settled[];
  checkpoint?: () => void;
}

function hooks(log: Log, answers: Answers = {}): Hooks<Log> {
  const settled = [...(answers.settled ?? [])];
  return {
    entered: () => {},
    forwardOnly: () => false,
    goingBack: (undo) => undo(),
    left: (step, how) => void log.push(`${step.name} ${how}`),
    checkpoint: () => answers.checkpoint?.(),
    pivotArmed: () => void log.push('armed pivot'),
    turnedBack: async (error) => void log.push(`back: ${(error as Error).message}`),
    async quarantine(step, during) {
      log.push(`quarantined in ${during} of ${step}`);
      const answer = settled.shift();
      if (!answer) throw new Error('nobody settles this');
      return answer;
    },
  };
}

function step(name: string, more: Partial<Step<Log>> = {}): Step<Log> {
  return {
    name,
    run: async (log) => void log.push(`run ${name}`),
    undo: { run: async (log) => void log.push(`undo ${name}`) },
    ...more,
  };
}

const failing = (message: string, times = Number.POSITIVE_INFINITY) => {
  let left = times;
  return async (log: Log) => {
    left -= 1;
    if (left >= 0) throw new Error(message);
    log.push(`then ${message} was over`);
  };
};

function table(...steps: Step<Log>[]): Table<Log> {
  return { steps, proveRestored: async (log) => void log.push('restored proven') };
}

const effects = (log: Log) => log.filter((line) => /^(run|undo|then|quarantined|armed|restored)/.test(line));

test('every step runs in order, and steps for every end do not run before the end', async () => {
  const log: Log = [];
  const all = table(step('a'), step('b'), step('z', { always: true }));
  expect(await runSaga(all, log, hooks(log))).toEqual({ end: 'done' });
  expect(effects(log)).toEqual(['run a', 'run b']);
  await close(all, log, hooks(log));
  expect(effects(log)).toEqual(['run a', 'run b', 'run z']);
});

test('the undo of the step that failed runs too: its call may have happened', async () => {
  const log: Log = [];
  const end = await runSaga(table(step('a'), step('b', { run: failing('b failed') }), step('c')), log, hooks(log));
  expect(end).toMatchObject({ end: 'failed', touched: true });
  expect(effects(log)).toEqual(['run a', 'undo b', 'undo a', 'restored proven']);
});

test('a failure before anything was armed touches nothing and proves nothing', async () => {
  const log: Log = [];
  const reads = step('reads', { run: failing('no'), undo: { none: 'it only reads' } });
  expect(await runSaga(table(reads, step('b')), log, hooks(log))).toMatchObject({ end: 'failed', touched: false });
  expect(effects(log)).toEqual([]);
});

test('an undo error is never swallowed: it is retried when a person says so', async () => {
  const log: Log = [];
  const stubborn = step('a', { undo: { run: failing('undo of a', 2) } });
  const end = await runSaga(
    table(stubborn, step('b', { run: failing('b') })),
    log,
    hooks(log, { settled: ['retry', 'retry'] }),
  );
  expect(end).toMatchObject({ end: 'failed', touched: true });
  expect(effects(log)).toEqual([
    'run a',
    'undo b',
    'quarantined in undo of a',
    'quarantined in undo of a',
    'then undo of a was over',
    'restored proven',
  ]);
});

test('from the pivot on nothing is undone: the step is run again', async () => {
  const log: Log = [];
  const pivot = step('pivot', { pivot: true, run: failing('pivot', 1), undo: { none: 'forward only' } });
  const end = await runSaga(
    table(step('a'), pivot, step('after', { run: failing('after', 1) })),
    log,
    hooks(log, { settled: ['retry', 'retry'] }),
  );
  expect(end).toEqual({ end: 'done' });
  expect(effects(log)).toEqual([
    'run a',
    'armed pivot',
    'quarantined in run of pivot',
    'then pivot was over',
    'quarantined in run of after',
    'then after was over',
  ]);
});

test('mended by hand ends it without another effect, on the way back and on the way forward', async () => {
  const back: Log = [];
  const stubborn = table(step('a'), step('b', { run: failing('b'), undo: { run: failing('undo') } }));
  expect(await runSaga(stubborn, back, hooks(back, { settled: ['resolved'] }))).toEqual({ end: 'resolved' });
  expect(effects(back)).toEqual(['run a', 'quarantined in undo of b']);

  const forward: Log = [];
  const pivot = table(step('p', { pivot: true, run: failing('p') }), step('after'));
  expect(await runSaga(pivot, forward, hooks(forward, { settled: ['resolved'] }))).toEqual({ end: 'resolved' });
  expect(effects(forward)).toEqual(['armed pivot', 'quarantined in run of p']);
});

test('a wish to turn back is heard before each step up to the pivot, and not after it', async () => {
  const log: Log = [];
  let asked = false;
  const checkpoint = () => {
    if (asked) throw new Error('asked back');
  };
  const ask = async () => {
    asked = true;
  };
  const asking = step('a', { run: ask });
  await runSaga(table(asking, step('pivot', { pivot: true })), log, hooks(log, { checkpoint }));
  expect(effects(log)).toEqual(['undo a', 'restored proven']);

  const late: Log = [];
  asked = false;
  const pivot = step('pivot', { pivot: true, run: ask });
  expect(await runSaga(table(pivot, step('after')), late, hooks(late, { checkpoint }))).toEqual({ end: 'done' });
  expect(effects(late)).toEqual(['armed pivot', 'run after']);
});

test('a failed proof of the known-good stands open', async () => {
  const log: Log = [];
  const unproven = { ...table(step('a', { run: failing('a') })), proveRestored: failing('proof', 1) };
  await runSaga(unproven, log, hooks(log, { settled: ['retry'] }));
  expect(effects(log)).toEqual(['undo a', 'quarantined in undo of prove restored', 'then proof was over']);
});

test('steps that do not apply are skipped and never undone', async () => {
  const log: Log = [];
  await runSaga(table(step('a', { when: () => false }), step('b', { run: failing('b') })), log, hooks(log));
  expect(effects(log)).toEqual(['undo b', 'restored proven']);
});
