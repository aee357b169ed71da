import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { Command } from '@commander-js/extra-typings';
import type { DeclaredCredential } from '../../catalog/index.ts';
import type { Connected } from '../../client/connect.ts';
import { KeyturnError, type Request } from '../../contract/index.ts';
import { type CompromiseReport, type Dealt, dealtWith, lastRefusedAfterMs } from '../compromise-report.ts';
import { type ExitCode, exitCodeOfError, exitCodes, worstOf } from '../exit-codes.ts';
import { type Live, liveOn } from '../live.ts';
import { openCatalog } from '../open-catalog.ts';
import { asDuration, requestFrom } from '../request.ts';
import { type Filters, select, withFilters } from '../selection.ts';
import { type Shell, shellOf, withGlobals } from '../shell.ts';
import { table } from '../table.ts';
import { ensureSearchAttributes, withTemporal } from '../temporal.ts';
import { count, duration } from '../words.ts';
import { onStopSignal } from '../worker-process.ts';

const notes = `
All of them at once and by one clock; forward only. An open rotation takes the request on. Returns when each has ended or
needs a person, with the exit code of the worst. Ctrl-C stops watching, not the rotations. See docs/runbooks/compromise.md.

Example:
  $ keyturn compromised 'production/**' --owner payments-sre --reason "laptop stolen" --report report.json`;

export function addCompromised(program: Command): void {
  withFilters(
    withGlobals(program.command('compromised'))
      .description('Every value that these credentials have now is known to others: replace them all, and report.')
      .argument('<selection...>', 'ids or globs')
      .requiredOption('--reason <text>', 'why; it is audited'),
  )
    .option('--compromised-at <instant>', 'what existed then has to go (default: now)')
    .option('--within <duration>', 'how long consumers and last use are waited for (default: 5m)', asDuration)
    .option('--report <file>', 'writes the report as JSON into a new file')
    .addHelpText('after', notes)
    .action(async (selection, options, command) => {
      process.exitCode = await compromised(shellOf(command), selection, options);
    });
}

interface Options extends Filters {
  reason: string;
  compromisedAt?: string;
  within?: number;
  report?: string;
}

async function compromised(shell: Shell, selection: string[], options: Options): Promise<ExitCode> {
  const { compromisedAt: since, reason: why, report: file, within } = options;
  const credentials = select(await openCatalog(shell), selection, options);
  const wishes = { compromisedAt: since, reason: why, urgency: 'compromised', withinMs: within } as const;
  const request = requestFrom(shell, { ...wishes, id: `compromise-${randomUUID()}` });
  // A file that cannot be written is known before anything begins.
  if (file !== undefined) await writeFile(file, '', { flag: 'wx', mode: 0o600 }).catch(refuseFile(file));
  shell.out.say(
    `${count(credentials.length, 'credential')}; what existed at ${request.compromisedAt ?? request.at} has to go.`,
  );
  const dealt = await dealWithAll(shell, credentials, request);
  const { at, by, compromisedAt = at, reason = '' } = request;
  const report = { at, compromisedAt, by, reason, credentials: dealt, lastRefusedAfterMs: lastRefusedAfterMs(dealt) };
  if (file !== undefined) await writeFile(file, `${JSON.stringify(report, null, 2)}\n`);
  return conclude(shell, report);
}

function refuseFile(file: string): (error: NodeJS.ErrnoException) => never {
  return ({ code }) => {
    throw new KeyturnError('conflict', `the report ${file} cannot be written (${code ?? 'unknown error'})`, {
      fix: 'name a new file in a folder that is there',
    });
  };
}

/** So many are started at once. */
const concurrency = 20;

async function dealWithAll(
  shell: Shell,
  credentials: readonly DeclaredCredential[],
  request: Request,
): Promise<Dealt[]> {
  const stopped = new AbortController();
  const stopListening = onStopSignal(() => stopped.abort());
  const live = liveOn(shell.out, process.stderr, shell.env);
  return withTemporal(shell, async (temporal) => {
    await ensureSearchAttributes(shell, temporal);
    const { startOrJoin } = await import('../../client/rotations.ts');
    const start = async (credential: DeclaredCredential) => {
      const { handle } = await startOrJoin(temporal.client, credential, request);
      return { credential: credential.id, runId: handle.signaledRunId };
    };
    // All are begun before any is watched: the last one has to wait for none.
    const begun = await Readable.from(credentials)
      .map(async (each: DeclaredCredential) => start(each).catch(failed(each.id)), { concurrency })
      .toArray();
    const watching = begun.map((each) =>
      'runId' in each
        ? watchOne(temporal, { ...each, request, live, beside: begun.length, stop: stopped.signal })
        : each,
    );
    return Promise.all(watching);
  }).finally(stopListening);
}

/** What goes wrong with one ends neither the others nor the report. */
function failed(credential: string): (error: unknown) => Dealt {
  const nothing = { outcome: null, state: null, oldKey: null, newKey: null, refusedAt: null, refusedAfterMs: null };
  return (error) => {
    const reason = error instanceof Error ? error.message : String(error);
    return { credential, exitCode: exitCodeOfError(error), ...nothing, reason };
  };
}

interface Watching {
  credential: string;
  runId: string;
  request: Request;
  live: Live;
  beside: number;
  stop: AbortSignal;
}

async function watchOne(temporal: Connected, { live, request, ...watched }: Watching): Promise<Dealt> {
  const { credential } = watched;
  const { watch } = await import('../watch.ts');
  const seen = watch(temporal, {
    ...{ ...watched, requestId: request.id, until: 'end' },
    seen: (now) => live.seen(credential, now),
    retrying: (now) => live.retrying(credential, now),
  });
  return seen.then((how) => dealtWith(credential, request.at, how), failed(credential));
}

function conclude({ out }: Shell, report: CompromiseReport): ExitCode {
  const { credentials, lastRefusedAfterMs: lastMs } = report;
  const exitCode = worstOf(credentials.map((each) => each.exitCode));
  const rows = credentials.map(({ credential, newKey, oldKey, outcome, reason, refusedAfterMs, state }) => {
    const how = outcome ?? state ?? 'not begun';
    const refused = refusedAfterMs === null ? (reason ?? '-') : `after ${duration(refusedAfterMs)}`;
    return [credential, how, oldKey ?? '-', newKey ?? '-', refused].map((text) => ({ text }));
  });
  out.result(table(['ID', 'ENDED', 'OLD KEY', 'NEW KEY', 'REFUSED'], rows, (style, cell) => out.paint(style, cell)));
  const done = credentials.filter((each) => each.exitCode === exitCodes.ok).length;
  const last =
    lastMs === null
      ? 'not every old key has been seen refused'
      : `the last old key was refused after ${duration(lastMs)}`;
  out.result(`${done} of ${credentials.length} replaced; ${last}.`);
  out.data({ ...report, exitCode });
  return exitCode;
}
