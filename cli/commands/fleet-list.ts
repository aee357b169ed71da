import type { Command } from '@commander-js/extra-typings';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { type Shell, shellOf, withGlobals } from '../shell.ts';
import { table } from '../table.ts';
import { withTemporal } from '../temporal.ts';
import { moment } from '../words.ts';

export function addFleetList(fleet: Command): void {
  withGlobals(fleet.command('list'))
    .description('Show the fleets that Temporal knows, the newest first.')
    .addHelpText('after', '\nExample:\n  $ keyturn fleet list')
    .action(async (_options, command) => {
      process.exitCode = await list(shellOf(command));
    });
}

async function list(shell: Shell): Promise<ExitCode> {
  const { out } = shell;
  const { listFleets } = await import('../../client/fleets.ts');
  const fleets = await withTemporal(shell, ({ client }) => listFleets(client));
  const rows = fleets.map(({ endedAt, fleet, startedAt, state }) =>
    [fleet, state, moment(startedAt), endedAt === undefined ? '-' : moment(endedAt)].map((text) => ({ text })),
  );
  const text = table(['ID', 'STATE', 'BEGAN', 'ENDED'], rows, (style, cell) => out.paint(style, cell));
  out.result(fleets.length > 0 ? text : 'Temporal knows no fleet.');
  out.data({ fleets: fleets.map((each) => ({ ...each, endedAt: each.endedAt ?? null })), exitCode: exitCodes.ok });
  return exitCodes.ok;
}
