import type { Connected } from '../client/connect.ts';
import { type FleetHandle, fleetEnd, fleetProgress } from '../client/fleets.ts';
import type { FleetEnd, FleetProgress } from '../contract/index.ts';
import { Board } from './board.ts';
import { endingOf, pause } from './ending.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { endWords, exitCodeOfFleet, failureLine, fleetData, fleetLine } from './fleet-words.ts';
import { grpcKind } from './grpc-errors.ts';
import type { Shell } from './shell.ts';
import { inTime, requireWorker } from './watch.ts';
import { between } from './words.ts';
import { onStopSignal } from './worker-process.ts';

const pollMs = 500;
/** It lives long, and its workers have much to do. */
const silenceMs = 120_000;

export interface FleetWatching {
  fleet: string;
  handle: FleetHandle;
  /** Nobody watches longer than this. */
  timeoutMs?: number | undefined;
  /** Beside what is known of every fleet, for programs. */
  more?: object;
}

/** Shows how a fleet goes on until it has ended; then says what came of it. Ctrl-C stops the watching, not the fleet. */
export async function watchFleet(shell: Shell, temporal: Connected, given: FleetWatching): Promise<ExitCode> {
  const { fleet, handle, more, timeoutMs } = given;
  const { out } = shell;
  const stopped = new AbortController();
  const stopListening = onStopSignal(() => stopped.abort());
  const timeout = timeoutMs === undefined ? [] : [AbortSignal.timeout(timeoutMs)];
  const stop = AbortSignal.any([stopped.signal, ...timeout]);
  const watched = await follow(temporal, handle, { seen: viewOn(shell), stop }).finally(stopListening);
  const { end, last } = watched;
  if (end) {
    const exitCode = exitCodeOfFleet(end);
    out.result(endWords(out, end));
    out.data({ ...more, ...fleetData(fleet, last, end), exitCode });
    return exitCode;
  }
  const look = `Watch it with \`keyturn fleet watch ${fleet}\`.`;
  out.result(`${out.paint('yellow', 'waiting')}: the fleet goes on without this command. ${look}`);
  out.data({ ...more, ...fleetData(fleet, last), exitCode: exitCodes.waiting });
  return exitCodes.waiting;
}

interface Following {
  seen(now: FleetProgress): void;
  stop: AbortSignal;
}

async function follow(
  temporal: Connected,
  handle: FleetHandle,
  { seen, stop }: Following,
): Promise<{ end?: FleetEnd; last?: FleetProgress }> {
  const over = new AbortController();
  const listen = () => endingOf(temporal, over.signal, () => fleetEnd(handle));
  let ending = listen();
  let last: FleetProgress | undefined;
  let answeredMs = Date.now();
  try {
    while (!stop.aborted) {
      const { settled } = ending;
      // A server that comes back is asked again; one that does not is silent.
      if (settled && 'error' in settled && grpcKind(settled.error) !== 'transient') throw settled.error;
      if (settled && 'error' in settled) ending = listen();
      const now = await inTime(temporal, () => fleetProgress(handle));
      if (now) {
        last = now;
        answeredMs = Date.now();
        seen(now);
      }
      if (settled && 'end' in settled) return { end: settled.end, ...(last && { last }) };
      if (Date.now() - answeredMs > silenceMs) {
        await requireWorker(temporal, handle, fleetSilence);
        answeredMs = Date.now();
      }
      await pause(pollMs, stop, ending);
    }
    return last ? { last } : {};
  } finally {
    over.abort();
  }
}

const fleetSilence = { what: 'fleet', look: 'keyturn fleet status' };

/** On a terminal one board, elsewhere a line when something has changed. */
function viewOn({ env, out }: Shell): (now: FleetProgress) => void {
  const { stderr } = process;
  if (stderr.isTTY && env.TERM !== 'dumb') {
    const board = new Board(stderr, ['CREDENTIAL', 'STATE', 'TOOK', 'WHAT'], (style, text) =>
      out.paintProgress(style, text),
    );
    return (now) => show(board, now);
  }
  const told = new Set<string>();
  const say = (key: string, line: string) => {
    if (!told.has(key)) out.say(line);
    told.add(key);
  };
  return (now) => {
    for (const failure of now.failures) say(failureLine(failure), failureLine(failure));
    say(JSON.stringify([now.counts, now.state]), fleetLine(now));
  };
}

function show(board: Board, now: FleetProgress): void {
  const { failures, rotating, startedAt } = now;
  const at = new Date().toISOString();
  board.setAll(`${fleetLine(now)} (${between(startedAt, at)})`, [
    ...rotating.map(({ credential, joined, since, state }) => {
      const texts = [credential, state, between(since, at), joined ? 'had been open' : ''];
      return [credential, { texts }] as const;
    }),
    ...failures.map(({ credential, outcome, reason, since, state }) => {
      const texts = [credential, outcome ?? state, between(since, at), reason?.message ?? ''];
      return [credential, { texts, style: 'red' as const }] as const;
    }),
  ]);
}
