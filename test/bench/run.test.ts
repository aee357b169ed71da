import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { optionsFrom } from '../../bench/options.ts';
import type { Report } from '../../bench/report.ts';
import type { Row } from '../../bench/row.ts';
import { run } from '../../bench/run.ts';
import { within } from '../../bench/scope.ts';

let folder: string;
let printed: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keyturn-bench-test-'));
  printed = [];
  vi.spyOn(console, 'error').mockImplementation((text) => void printed.push(String(text)));
  vi.spyOn(console, 'log').mockImplementation((text) => void printed.push(String(text)));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true, force: true });
});

const finding = { what: 'speed', unit: 'a second', median: 12.345, runs: 3 };
const aim = { text: 'at least 20', met: false, why: 'the disk is slow' };

function row(name: string, measure: Row['run']): Row {
  return { name, about: `about ${name}`, run: measure };
}

/** @param file of the folder. */
async function measure(rows: readonly Row[], ...args: string[]): Promise<number> {
  const options = optionsFrom(
    args,
    rows.map(({ name }) => name),
  );
  return options ? run(rows, options) : Number.NaN;
}

const reportIn = async (file: string): Promise<Report> => JSON.parse(await readFile(file, 'utf8'));

test('what is measured is kept and printed: figures, aims that are not met, what could not be measured', async () => {
  const out = join(folder, 'new', 'report.json');
  const one = row('one', async (bench) => {
    bench.say('not measured: the moon: it is too far');
    return [{ ...finding, aim }];
  });
  expect(await measure([one], '--out', out)).toBe(0);
  const { rows } = await reportIn(out);
  expect(rows).toMatchObject([{ name: 'one', quick: false, findings: [{ aim }], notMeasured: [expect.any(String)] }]);
  const text = printed.join('\n');
  for (const words of ['12.3', 'at least 20: not met', 'the disk is slow', 'not measured: the moon']) {
    expect(text).toContain(words);
  }
});

test('a row that fails is said, the others are measured, and a resumed run measures only what is missing', async () => {
  const out = join(folder, 'report.json');
  const measured: string[] = [];
  let isBroken = true;
  const rows = ['one', 'two', 'three'].map((name) =>
    row(name, async () => {
      measured.push(name);
      if (name === 'two' && isBroken) throw new Error('no disk');
      return [finding];
    }),
  );
  expect(await measure(rows, '--out', out)).toBe(1);
  expect(printed.join('\n')).toContain('failed: no disk');
  isBroken = false;
  expect(await measure(rows, '--resume', out)).toBe(0);
  expect(measured).toEqual(['one', 'two', 'three', 'two']);
  expect((await reportIn(out)).rows.map(({ name }) => name)).toEqual(['one', 'two', 'three']);
  // What was measured quickly is no full measurement.
  await measure(rows, '--resume', out, '--quick');
  expect(measured).toHaveLength(7);
});

test('what a row has started is taken down in reverse order, also when it fails; of a part before the next', async () => {
  const undone: string[] = [];
  const one = row('one', async (bench) => {
    bench.later(() => undone.push('first'));
    bench.later(() => Promise.reject(new Error('stuck')));
    await within(bench, async (part) => void part.later(() => undone.push('part')));
    undone.push('after the part');
    bench.later(() => undone.push('last'));
    throw new Error('no');
  });
  expect(await measure([one], '--out', join(folder, 'report.json'))).toBe(1);
  expect(undone).toEqual(['part', 'after the part', 'last', 'first']);
});

test('a signal takes down what stands, and leaves a report that can be resumed', async () => {
  const out = join(folder, 'report.json');
  const undone: string[] = [];
  const rows = [
    row('one', async () => [finding]),
    row('two', (bench) => {
      bench.later(() => undone.push('two'));
      process.emit('SIGINT');
      return new Promise(() => {});
    }),
  ];
  expect(await measure(rows, '--out', out)).toBe(130);
  expect(undone).toEqual(['two']);
  expect((await reportIn(out)).rows.map(({ name }) => name)).toEqual(['one']);
  expect(printed.join('\n')).toContain(`--resume ${out}`);
});

test('options that there are not are refused, with those that there are', () => {
  expect(() => optionsFrom(['--only', 'one,moon'], ['one', 'two'])).toThrow('"moon", only one, two');
  expect(() => optionsFrom(['--engine', 'oracle'], ['one'])).toThrow('dev, postgres');
  expect(() => optionsFrom(['--resume', 'a', '--out', 'b'], ['one'])).toThrow('--out');
  expect(optionsFrom(['--quick'], ['one'])).toMatchObject({ engines: ['dev'], rows: ['one'], resume: false });
});
