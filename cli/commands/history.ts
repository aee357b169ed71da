import type { Command } from '@commander-js/extra-typings';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import type { Output } from '../output.ts';
import type { Past, Wanted } from '../past.ts';
import { type Paint, retryLine, waitLine } from '../progress-lines.ts';
import { type Shell, shellOf, withGlobals } from '../shell.ts';
import { table } from '../table.ts';
import { timeline } from '../timeline.ts';
import { cellsOf, evidenceWords, isForPeople, timelineHeads } from '../timeline-words.ts';
import { endWords } from '../verdict.ts';
import { indent } from '../words.ts';

const notes = `
Out of Temporal's history and the audit; of what Temporal no longer has, out of the audit alone.

Example:
  $ keyturn history production/orders/DATABASE_URL`;

export function addHistory(program: Command): void {
  withGlobals(program.command('history'))
    .description("Show what happened in a credential's last rotation: who, what, where, how long.")
    .argument('<id>', 'the credential')
    .option('--rotation <id>', 'another rotation than the last')
    .option('--audit <sink:location>', 'the audit to read (default: as KEYTURN_AUDIT)')
    .addHelpText('after', notes)
    .action(async (credential, options, command) => {
      process.exitCode = await history(shellOf(command), { credential, ...options });
    });
}

async function history(shell: Shell, wanted: Wanted): Promise<ExitCode> {
  const { out } = shell;
  const { pastOf } = await import('../past.ts');
  const past = await pastOf(shell, wanted);
  for (const each of past.missing) out.say(each);
  out.result(wordsOf(out, wanted.credential, past));
  out.data(dataOf(wanted.credential, past));
  return exitCodes.ok;
}

function wordsOf(out: Output, credential: string, past: Past): string {
  const paint: Paint = (style, text) => out.paint(style, text);
  const { evidence, progress, retrying, rotation } = past;
  return [
    `${paint('bold', credential)}${rotation === undefined ? '' : ` (rotation ${rotation})`}`,
    table(timelineHeads, timeline(past).filter(isForPeople).map(cellsOf), paint),
    ...(past.end ? [] : (progress?.waits ?? []).map((wait) => waitLine(wait, paint))),
    ...retrying.map(retryLine),
    ...evidence.flatMap((each) => [paint('bold', 'evidence'), indent(evidenceWords(each).join('\n'))]),
    overWords(out, past),
  ].join('\n');
}

function overWords(out: Output, { end, history, progress }: Past): string {
  const { carried, forced } = history?.over ?? {};
  if (forced !== undefined) return `${out.paint('red', 'ended by force')}: ${forced}`;
  const next = carried ? '\na request goes on in the next rotation' : '';
  if (end) return `${endWords(out, end)}${next}`;
  return history ? `it is open: ${progress?.state ?? 'running'}` : 'the audit does not know how it ended';
}

function dataOf(credential: string, past: Past): object {
  const { end, evidence, history, progress, records, retrying, rotation } = past;
  const { carried, forced } = history?.over ?? {};
  return {
    credential,
    rotation: rotation ?? null,
    sources: { history: history !== undefined, progress: progress !== undefined, audit: records.length > 0 },
    happenings: timeline(past),
    waits: end ? [] : (progress?.waits ?? []),
    retrying,
    evidence,
    end: end ?? null,
    forced: forced ?? null,
    carried: carried ?? false,
  };
}
