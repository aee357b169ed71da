import type { Command } from '@commander-js/extra-typings';
import { KeyturnError } from '../../contract/index.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { endWords, fleetData, progressWords } from '../fleet-words.ts';
import { type Shell, shellOf, withGlobals } from '../shell.ts';
import { withTemporal } from '../temporal.ts';

export function addFleetStatus(fleet: Command): void {
  withGlobals(fleet.command('status'))
    .description('Show how a fleet stands, or what came of it.')
    .argument('<id>', 'the fleet')
    .addHelpText('after', '\nExample:\n  $ keyturn fleet status 20260714-0915-3f2a --json')
    .action(async (id, _options, command) => {
      process.exitCode = await status(shellOf(command), id);
    });
}

async function status(shell: Shell, id: string): Promise<ExitCode> {
  const { out } = shell;
  const { fleetEnd, fleetOf, fleetProgress } = await import('../../client/fleets.ts');
  const { inTime } = await import('../watch.ts');
  return withTemporal(shell, async (temporal) => {
    const handle = fleetOf(temporal.client, id);
    const now = await inTime(temporal, () => fleetProgress(handle));
    // What has ended can be told without a worker.
    const end = now ? now.end : await inTime(temporal, () => fleetEnd(handle));
    if (!now && !end) {
      throw new KeyturnError('transient', `the fleet ${id} is open, but no worker answers`, {
        fix: 'start one with `keyturn worker`',
      });
    }
    if (end) out.result(endWords(out, end));
    else if (now) out.result(progressWords(out, now));
    out.data(fleetData(id, now, end));
    return exitCodes.ok;
  });
}
