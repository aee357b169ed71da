import { once } from 'node:events';
import { duration } from '../cli/words.ts';
import { servers } from './engine.ts';
import type { Options } from './options.ts';
import { printed } from './print.ts';
import { isDone, newReport, type Report, type RowReport, readReport, withRow, writeReport } from './report.ts';
import type { Bench, Row } from './row.ts';
import { type Undo, undoAll } from './scope.ts';

const codes = { ok: 0, failed: 1, interrupted: 130 } as const;

/** Measures the rows one after the other; what is measured is kept at once. @returns the exit code. */
export async function run(all: readonly Row[], options: Options): Promise<number> {
  const { out, quick, resume, rows } = options;
  const names = all.map(({ name }) => name);
  let report: Report = resume ? await readReport(out) : newReport();
  await writeReport(out, report);
  using interruption = onSignal(`npm run bench -- ${quick ? '--quick ' : ''}--resume ${out}`);
  const { signal } = interruption;
  for (const row of all.filter(({ name }) => rows.includes(name))) {
    if (resume && isDone(report, row.name, options)) {
      say(`${row.name}: measured before`);
      continue;
    }
    say(`${row.name}: ${row.about}${quick ? ' (quick)' : ''}`);
    const measured = await runRow(row, options, signal);
    // What was cut off is measured again.
    if (signal.aborted) break;
    report = withRow({ ...report, servers: { ...report.servers, ...servers() } }, measured, names);
    await writeReport(out, report);
    say(`${row.name}: ${measured.failed === undefined ? 'done' : `failed: ${measured.failed}`}, ${took(measured)}`);
  }
  console.log(printed(report));
  console.log(`\nThe report: ${out}`);
  if (signal.aborted) return codes.interrupted;
  return report.rows.some(({ failed }) => failed !== undefined) ? codes.failed : codes.ok;
}

/** At the first signal what stands is taken down, or the process ends where a server's library ends it; at the second it ends. */
function onSignal(toGoOn: string): Disposable & { signal: AbortSignal } {
  const controller = new AbortController();
  const { signal } = controller;
  const stop = () => {
    if (signal.aborted) process.exit(codes.interrupted);
    say(`stopping; once more to stop at once. To go on: ${toGoOn}`);
    controller.abort();
  };
  const names = ['SIGINT', 'SIGTERM'] as const;
  for (const name of names) process.on(name, stop);
  return {
    signal,
    [Symbol.dispose]: () => {
      for (const name of names) process.off(name, stop);
    },
  };
}

async function runRow(row: Row, { engines, quick }: Options, signal: AbortSignal): Promise<RowReport> {
  const beganMs = Date.now();
  const undos: Undo[] = [];
  const notMeasured: string[] = [];
  const bench: Bench = {
    quick,
    engines,
    later: (undo) => void undos.push(undo),
    say(line) {
      if (line.startsWith('not measured:')) notMeasured.push(line);
      say(`  ${line}`);
    },
  };
  const { about, name } = row;
  const interrupted = once(signal, 'abort').then(() => Promise.reject(new Error('interrupted')));
  const result = await Promise.race([row.run(bench), interrupted]).then(
    (findings) => ({ findings }),
    (error: unknown) => ({ findings: [], failed: error instanceof Error ? error.message : String(error) }),
  );
  await undoAll(undos, bench.say);
  const at = new Date(beganMs).toISOString();
  return { name, about, quick, engines, at, tookMs: Date.now() - beganMs, notMeasured, ...result };
}

function took({ tookMs }: RowReport): string {
  return duration(tookMs);
}

function say(line: string): void {
  console.error(`${new Date().toISOString().slice(11, 19)} ${line}`);
}
