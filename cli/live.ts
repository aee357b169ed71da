import type { Retrying } from '../client/pending.ts';
import type { CredentialId, Progress } from '../contract/index.ts';
import { Board } from './board.ts';
import type { Output, Style } from './output.ts';
import { changedLines, type Paint, retryLine, waitLine } from './progress-lines.ts';
import { duration } from './words.ts';

/** Shows how several rotations go on. */
export interface Live {
  seen(credential: CredentialId, now: Progress): void;
  retrying(credential: CredentialId, now: readonly Retrying[]): void;
}

/** On a terminal one line for each that changes in place, elsewhere a line for each change; on standard error. */
export function liveOn(out: Output, stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): Live {
  const paint: Paint = (style, text) => out.paintProgress(style, text);
  return stream.isTTY && env.TERM !== 'dumb' ? inPlace(stream, paint) : byLine(out, paint);
}

function inPlace(stream: NodeJS.WriteStream, paint: Paint): Live {
  const board = new Board(stream, ['CREDENTIAL', 'TOOK', 'STATE', 'WHAT'], paint);
  const tried = new Map<CredentialId, string>();
  return {
    seen(credential, now) {
      const waits = now.waits.map((wait) => waitLine(wait, (_style, text) => text));
      const what = [...waits, ...[tried.get(credential)].filter((each) => each !== undefined)].join('; ');
      const style = styleOf(now);
      board.set(credential, { texts: [credential, tookOf(now), stateOf(now), what], ...(style && { style }) });
    },
    retrying(credential, now) {
      tried.delete(credential);
      if (now.length > 0) tried.set(credential, now.map(retryLine).join('; '));
    },
  };
}

function tookOf({ end, startedAt }: Progress): string {
  const untilMs = end ? Date.parse(end.endedAt) : Date.now();
  return duration(Math.max(0, Math.round((untilMs - Date.parse(startedAt)) / 1_000) * 1_000));
}

function stateOf({ end, phase, state }: Progress): string {
  if (end) return end.outcome;
  return state === 'running' ? phase : `${state} (${phase})`;
}

function styleOf({ end, state, waits }: Progress): Style | undefined {
  if (state === 'quarantined') return 'red';
  if (end?.outcome === 'rotated') return 'green';
  return end || state === 'undoing' || waits.some(({ late }) => late) ? 'yellow' : undefined;
}

function byLine(out: Output, paint: Paint): Live {
  const last = new Map<CredentialId, Progress>();
  const told = new Set<string>();
  return {
    seen(credential, now) {
      const before = last.get(credential);
      last.set(credential, now);
      for (const line of changedLines(before, now, paint)) out.say(`${credential}: ${line.trim()}`);
    },
    retrying(credential, now) {
      for (const each of now) {
        const what = `${credential} ${each.activity} ${each.message}`;
        if (!told.has(what)) out.say(`${credential}: ${retryLine(each)}`);
        told.add(what);
      }
    },
  };
}
