import type { Command } from '@commander-js/extra-typings';
import type { ScheduleChange } from '../../client/schedules.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { lookoutChangeOf, lookoutData, lookoutLine } from '../lookout.ts';
import { changeData, changeLine, changesOf, openWithWarnings } from '../schedules.ts';
import { type Shell, shellOf, withGlobals } from '../shell.ts';
import { withTemporal } from '../temporal.ts';

const notes = `
Only reads. What somebody else has put into Temporal is not looked at.

Example:
  $ keyturn plan --exit-code`;

export function addPlan(program: Command): void {
  withGlobals(program.command('plan'))
    .description('Show what `apply` would do: how the schedules of the catalog differ from those in Temporal.')
    .option('--exit-code', `end with ${exitCodes.changes} where there is something to apply`)
    .addHelpText('after', notes)
    .action(async ({ exitCode }, command) => {
      process.exitCode = await plan(shellOf(command), exitCode ?? false);
    });
}

async function plan(shell: Shell, tells: boolean): Promise<ExitCode> {
  const { out } = shell;
  const catalog = await openWithWarnings(shell);
  const [changes, lookout] = await withTemporal(shell, async (temporal) =>
    Promise.all([changesOf(temporal, catalog), lookoutChangeOf(temporal, catalog)]),
  );
  for (const change of changes) out.result(changeLine(out, change));
  if (lookout) out.result(lookoutLine(out, lookout));
  const all = [...changes, ...(lookout ? [lookout] : [])];
  out.result(summary(all));
  const exitCode = tells && all.some(({ action }) => action !== 'unchanged') ? exitCodes.changes : exitCodes.ok;
  out.data({ changes: changes.map(changeData), lookout: lookoutData(lookout), exitCode });
  return exitCode;
}

function summary(changes: readonly Pick<ScheduleChange, 'action'>[]): string {
  const some = (action: ScheduleChange['action']) => changes.filter((change) => change.action === action).length;
  const [create, change, remove] = [some('create'), some('change'), some('remove')];
  if (create + change + remove === 0) return 'Nothing to do: Temporal has the schedules of the catalog.';
  const removal = remove === 0 ? '' : `, ${remove} to remove (with --prune)`;
  return `${create} to create, ${change} to change${removal}, ${some('unchanged')} unchanged. \`keyturn apply\` does it.`;
}
