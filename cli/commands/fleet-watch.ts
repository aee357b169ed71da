import type { Command } from '@commander-js/extra-typings';
import { asDuration } from '../request.ts';
import { shellOf, withGlobals } from '../shell.ts';
import { withTemporal } from '../temporal.ts';

const notes = `
Returns when the fleet has ended, with the exit code of the worst. Ctrl-C stops watching, not the fleet.

Example:
  $ keyturn fleet watch 20260714-0915-3f2a`;

export function addFleetWatch(fleet: Command): void {
  withGlobals(fleet.command('watch'))
    .description('Watch a fleet live.')
    .argument('<id>', 'the fleet')
    .option('--timeout <duration>', 'watch no longer than this, for example 10m', asDuration)
    .addHelpText('after', notes)
    .action(async (id, { timeout: timeoutMs }, command) => {
      const shell = shellOf(command);
      const { fleetOf } = await import('../../client/fleets.ts');
      const { watchFleet } = await import('../fleet-watch.ts');
      process.exitCode = await withTemporal(shell, (temporal) =>
        watchFleet(shell, temporal, { fleet: id, handle: fleetOf(temporal.client, id), timeoutMs }),
      );
    });
}
