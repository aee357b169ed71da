import type { Command } from '@commander-js/extra-typings';
import type { Connected } from '../../client/connect.ts';
import type { Progress, RotationEnd } from '../../contract/index.ts';
import { KeyturnError } from '../../contract/index.ts';
import { type ExitCode, exitCodeOfEnd, exitCodeOfKind, exitCodes, worstOf } from '../exit-codes.ts';
import { grpcDetails, grpcKind } from '../grpc-errors.ts';
import { type Live, liveOn } from '../live.ts';
import type { Output } from '../output.ts';
import { type Shell, shellOf, withGlobals } from '../shell.ts';
import { withTemporal } from '../temporal.ts';
import { endWords, quarantineWords } from '../verdict.ts';
import { onStopSignal } from '../worker-process.ts';

const notes = `
Returns when each has ended or needs a person, with the exit code of the worst. Ctrl-C stops watching, not the rotations.

Example:
  $ keyturn watch production/orders/DATABASE_URL production/gemini/API_KEY`;

export function addWatch(program: Command): void {
  withGlobals(program.command('watch'))
    .description('Watch open rotations live, several at once.')
    .argument('[ids...]', 'credentials (default: all that have an open rotation)')
    .addHelpText('after', notes)
    .action(async (ids, _options, command) => {
      process.exitCode = await watchAll(shellOf(command), ids);
    });
}

/** How it stood with one credential when the watching ended. */
interface Seen {
  credential: string;
  exitCode: ExitCode;
  progress?: Progress;
  end?: RotationEnd;
  error?: KeyturnError;
}

async function watchAll(shell: Shell, given: readonly string[]): Promise<ExitCode> {
  const { out } = shell;
  const { openRotations } = await import('../../client/lists.ts');
  const stopped = new AbortController();
  const stopListening = onStopSignal(() => stopped.abort());
  const live = liveOn(out, process.stderr, shell.env);
  const seen = await withTemporal(shell, async (temporal) => {
    const ids = given.length > 0 ? [...new Set(given)] : [...(await openRotations(temporal.client)).keys()].sort();
    try {
      return await Promise.all(
        ids.map((id) => watchOne(shell, temporal, id, { live, beside: ids.length, stop: stopped.signal })),
      );
    } finally {
      stopped.abort();
    }
  }).finally(stopListening);
  const exitCode = worstOf(seen.map((each) => each.exitCode));
  if (seen.length === 0) out.result('No rotation is open.');
  for (const each of seen) out.result(wordsOf(out, each));
  out.data({ credentials: seen.map(dataOf), exitCode });
  return exitCode;
}

interface Watching {
  live: Live;
  /** How many are watched. */
  beside: number;
  stop: AbortSignal;
}

/** What goes wrong with one is told of that one, and does not end the watching of the others. */
async function watchOne(shell: Shell, temporal: Connected, id: string, watching: Watching): Promise<Seen> {
  const { openRotationOf } = await import('../../client/rotations.ts');
  try {
    const open = await openRotationOf(temporal.client, id);
    if (!open) return await lastOf(shell, temporal, id);
    return await watchRun(temporal, { ...watching, credential: id, runId: open.runId });
  } catch (cause) {
    const error = asKeyturnError(cause);
    return { credential: id, exitCode: exitCodeOfKind(error.kind), error };
  }
}

function asKeyturnError(error: unknown): KeyturnError {
  if (error instanceof KeyturnError) return error;
  const kind = grpcKind(error);
  if (kind === undefined) throw error;
  return new KeyturnError(kind, `Temporal: ${grpcDetails(error)}`, { cause: error });
}

async function watchRun(
  temporal: Connected,
  { live, ...run }: Watching & { credential: string; runId: string },
): Promise<Seen> {
  const { watch } = await import('../watch.ts');
  const { credential } = run;
  let last: Progress | undefined;
  const watched = await watch(temporal, {
    ...{ ...run, until: 'end' },
    /** A request that is carried on is followed into the next rotation. */
    get requestId() {
      const { requests = [] } = last ?? {};
      return (requests.find(({ fate }) => fate === 'carried') ?? requests.at(-1))?.id ?? '';
    },
    seen(now) {
      last = now;
      live.seen(credential, now);
    },
    retrying: (now) => live.retrying(credential, now),
  });
  const { progress } = watched;
  const about = { credential, ...(progress && { progress }) };
  if (watched.because === 'ended') return { ...about, end: watched.end, exitCode: exitCodeOfEnd(watched.end) };
  return { ...about, exitCode: watched.because === 'quarantined' ? exitCodes.quarantined : exitCodes.waiting };
}

/** It may have ended a moment ago. */
async function lastOf(shell: Shell, temporal: Connected, credential: string): Promise<Seen> {
  const { standingOf } = await import('../standing.ts');
  const { end, forced } = await standingOf(shell, temporal, credential);
  if (end) return { credential, end, exitCode: exitCodeOfEnd(end) };
  if (forced) throw new KeyturnError('conflict', 'the last rotation was ended by force');
  throw new KeyturnError('not-found', 'no rotation is open, and none is known', {
    fix: '`keyturn list` shows the credentials and what is open',
  });
}

function wordsOf(out: Output, { credential, end, error, progress }: Seen): string {
  const title = out.paint('bold', credential);
  if (error)
    return `${title}: ${out.paint('red', 'error:')} ${error.message}${error.fix ? `\n  fix: ${error.fix}` : ''}`;
  if (end) return `${title}: ${endWords(out, end)}`;
  if (progress?.quarantine) return quarantineWords(out, credential, progress.quarantine);
  return `${title}: ${out.paint('yellow', 'waiting')}: the rotation goes on without this command`;
}

function dataOf({ credential, end, error, exitCode, progress }: Seen): object {
  return {
    credential,
    state: end ? 'ended' : (progress?.state ?? null),
    outcome: end?.outcome ?? null,
    progress: progress ?? null,
    end: end ?? null,
    error: error ? { kind: error.kind, message: error.message, fix: error.fix ?? null } : null,
    exitCode,
  };
}
