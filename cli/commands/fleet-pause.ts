import type { Command } from '@commander-js/extra-typings';
import { fleetDecisionCommand, sendFleetDecision } from '../fleet-decision.ts';
import { shellOf } from '../shell.ts';

export function addFleetPause(fleet: Command): void {
  fleetDecisionCommand(fleet, 'pause')
    .description('Have a fleet begin nothing until it is resumed; what is open goes on.')
    .addHelpText('after', '\nExample:\n  $ keyturn fleet pause 20260714-0915-3f2a --reason "a test"')
    .action(async (id, { reason }, command) => {
      const said = `The fleet ${id} is paused: it begins nothing until it is resumed.`;
      process.exitCode = await sendFleetDecision(shellOf(command), { id, verb: 'pause', reason, said });
    });
}
