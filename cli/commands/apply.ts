import type { Command } from '@commander-js/extra-typings';
import type { Catalog } from '../../catalog/index.ts';
import type { Connected } from '../../client/connect.ts';
import type { LookoutChange } from '../../client/lookout-schedule.ts';
import type { ScheduleChange } from '../../client/schedules.ts';
import type { KeyturnError } from '../../contract/index.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { lookoutChangeOf, lookoutData, lookoutLine } from '../lookout.ts';
import type { Output } from '../output.ts';
import { changeData, changeLine, changesOf, openWithWarnings } from '../schedules.ts';
import { type Shell, shellOf, withGlobals } from '../shell.ts';
import { ensureSearchAttributes, withTemporal } from '../temporal.ts';
import { count } from '../words.ts';

const notes = `
Rotates nothing, and may be repeated. A schedule that is paused stays so. What somebody else has put into Temporal is
left alone.

Example:
  $ keyturn apply --prune`;

export function addApply(program: Command): void {
  withGlobals(program.command('apply'))
    .description('Put the schedules of the catalog into Temporal, as `plan` shows it.')
    .option('--prune', 'remove the schedules of credentials that the catalog no longer schedules')
    .addHelpText('after', notes)
    .action(async ({ prune }, command) => {
      process.exitCode = await apply(shellOf(command), prune ?? false);
    });
}

async function apply(shell: Shell, prunes: boolean): Promise<ExitCode> {
  const { out } = shell;
  const catalog = await openWithWarnings(shell);
  return withTemporal(shell, async (temporal) => {
    await ensureSearchAttributes(shell, temporal);
    const { applyChanges, changedByOthers } = await import('../../client/schedules.ts');
    const changes = await changesOf(temporal, catalog);
    const lookout = await lookoutChangeOf(temporal, catalog);
    const applied = changes.filter(({ action }) => action !== 'unchanged' && (action !== 'remove' || prunes));
    const overtaken: string[] = [];
    for await (const { change, overtaken: isTheirs } of applyChanges(temporal.client, applied)) {
      if (isTheirs) overtaken.push(change.credential);
      else out.say(changeLine(out, change));
    }
    const looks = lookout && (await applyLook(shell, temporal, lookout, prunes));
    const theirs = [...new Set([...overtaken, ...(await changedSince(temporal, catalog, applied))])];
    out.result(summary(changes, applied));
    const exitCode = theirs.length > 0 ? refuse(out, changedByOthers(theirs)) : exitCodes.ok;
    out.data({
      changes: changes.map((change) => ({
        ...changeData(change),
        applied: applied.includes(change) && !overtaken.includes(change.credential),
      })),
      lookout: lookout ? { ...lookoutData(lookout), applied: looks } : null,
      changedByOthers: theirs,
      exitCode,
    });
    return exitCode;
  });
}

function refuse(out: Output, { fix, message }: KeyturnError): ExitCode {
  out.say(`${out.paintProgress('red', 'error:')} ${message}`);
  out.say(`  ${out.paintProgress('bold', 'fix:')} ${fix}`);
  return exitCodes.refused;
}

/** Whoever applies another catalog at the same time may have written after it: what is there is looked at again. */
async function changedSince(
  temporal: Connected,
  catalog: Catalog,
  applied: readonly ScheduleChange[],
): Promise<string[]> {
  const [changes, lookout] = await Promise.all([changesOf(temporal, catalog), lookoutChangeOf(temporal, catalog)]);
  const removed = new Set(applied.flatMap(({ action, credential }) => (action === 'remove' ? [credential] : [])));
  const isTheirs = ({ action, credential }: ScheduleChange) =>
    action === 'create' || action === 'change' || (action === 'remove' && removed.has(credential));
  const isOther = lookout?.action === 'create' || lookout?.action === 'change';
  return [...changes.filter(isTheirs).map(({ credential }) => credential), ...(isOther ? ['the lookout'] : [])];
}

/** What is watched and no longer declared is named, and goes on being watched unless it is pruned. */
async function applyLook(
  { out }: Shell,
  { client }: Connected,
  change: LookoutChange,
  prunes: boolean,
): Promise<boolean> {
  const { applyLookout } = await import('../../client/lookout-schedule.ts');
  const wrote = await applyLookout(client, change, prunes);
  if (wrote) out.say(lookoutLine(out, change));
  if (prunes || change.left.length === 0) return wrote;
  out.result(`The age of ${change.left.map(({ id }) => id).join(', ')} is still watched: --prune ends that.`);
  return wrote;
}

function summary(changes: readonly ScheduleChange[], applied: readonly ScheduleChange[]): string {
  const left = changes.filter((change) => change.action === 'remove' && !applied.includes(change));
  const lines = left.map(
    ({ credential }) => `${credential} is no longer scheduled, and still fires: --prune removes it.`,
  );
  const done = applied.length === 0 ? 'Nothing changed' : `${count(applied.length, 'schedule')} applied`;
  return [...lines, `${done}, ${count(changes.length - applied.length - left.length, 'schedule')} as before.`].join(
    '\n',
  );
}
