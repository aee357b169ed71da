import { existsSync } from 'node:fs';
import type { Command } from '@commander-js/extra-typings';
import { type Progress, whoWords } from '../../contract/index.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { openCatalog } from '../open-catalog.ts';
import type { Output } from '../output.ts';
import { type Paint, retryLine, stepLine, waitLine } from '../progress-lines.ts';
import { type Shell, shellOf, withGlobals } from '../shell.ts';
import type { Standing } from '../standing.ts';
import { withTemporal } from '../temporal.ts';
import { endWords, quarantineWords } from '../verdict.ts';
import { indent, moment } from '../words.ts';

export function addStatus(program: Command): void {
  withGlobals(program.command('status'))
    .description("Show a credential's open rotation, or its last one.")
    .argument('<id>', 'the credential')
    .addHelpText('after', '\nExample:\n  $ keyturn status production/orders/DATABASE_URL --json')
    .action(async (id, _options, command) => {
      process.exitCode = await status(shellOf(command), id);
    });
}

async function status(shell: Shell, id: string): Promise<ExitCode> {
  const { out } = shell;
  const { standingOf } = await import('../standing.ts');
  const standing = await withTemporal(shell, (temporal) => standingOf(shell, temporal, id));
  // Nothing known may be a slip of the pen.
  if (standing.source === 'none' && existsSync(shell.catalogFile)) (await openCatalog(shell)).find(id);
  out.result(wordsOf(out, id, standing));
  out.data(dataOf(id, standing));
  return exitCodes.ok;
}

function wordsOf(out: Output, id: string, { end, forced, progress, retrying = [], source }: Standing): string {
  const title = out.paint('bold', id);
  if (source === 'none') return `${title}\n  has never been rotated, as far as Temporal and the audit here know.`;
  const lines = [title];
  if (forced) lines.push(`  ${out.paint('red', 'ended by force')}: the next rotation looks at what this one left.`);
  if (progress) lines.push(indent(progressWords(out, id, progress)));
  lines.push(...retrying.map((each) => `  ${retryLine(each)}`));
  if (end && source === 'audit') lines.push('  Temporal no longer has the rotation; from the audit:');
  if (end) lines.push(indent(endWords(out, end)));
  return lines.join('\n');
}

function progressWords(out: Output, id: string, progress: Progress): string {
  const paint: Paint = (style, text) => out.paint(style, text);
  const { phase, quarantine, rotation, startedAt, state, steps, targets, urgency, waits } = progress;
  const lines = [
    `${state === 'running' ? phase : state}, ${urgency}, since ${moment(startedAt)} (rotation ${rotation})`,
  ];
  lines.push(
    ...progress.requests.map(
      ({ by, fate, from, urgency }) => `asked for by ${whoWords({ by, from })} (${urgency}): ${fate}`,
    ),
  );
  lines.push(...steps.filter((step) => step.status !== 'skipped').map((step) => stepLine(step, paint)));
  lines.push(...waits.map((wait) => waitLine(wait, paint)), ...targets.map(targetWords), ...keyWords(progress));
  if (quarantine) lines.push(quarantineWords(out, id, quarantine));
  return lines.join('\n');
}

function targetWords({ current, knownGood, name }: Progress['targets'][number]): string {
  const serves = current ? `serves ${current.keyId} (version ${current.version})` : 'is as it was';
  const before = knownGood ? `, known-good ${knownGood.keyId} (version ${knownGood.version})` : '';
  return `target ${name} ${serves}${before}`;
}

function keyWords({ end, newKey, oldKey, refreshedAt, retiresAt, state }: Progress): string[] {
  const stands = state === 'running' || end?.outcome === 'rotated';
  return [
    ...(oldKey === undefined ? [] : [`old key ${oldKey}`]),
    ...(newKey === undefined ? [] : [`new key ${newKey}`]),
    ...(refreshedAt === undefined || !stands ? [] : [`in use everywhere since ${moment(refreshedAt)}`]),
    ...(retiresAt === undefined || end || !stands
      ? []
      : [`the old key goes from ${moment(retiresAt)} on, when the evidence allows`]),
  ];
}

function dataOf(credential: string, { end, forced, progress, retrying = [], source }: Standing): object {
  const state = end ? 'ended' : (progress?.state ?? null);
  return {
    credential,
    source,
    state,
    outcome: end?.outcome ?? null,
    forced,
    progress: progress ?? null,
    retrying,
    end: end ?? null,
  };
}
