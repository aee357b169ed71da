import type { Command } from '@commander-js/extra-typings';
import { fleetDecisionCommand, sendFleetDecision } from '../fleet-decision.ts';
import { shellOf } from '../shell.ts';

export function addFleetCancel(fleet: Command): void {
  fleetDecisionCommand(fleet, 'cancel')
    .description('Have a fleet begin nothing more, for good; what is open goes on to its own end.')
    .addHelpText('after', '\nExample:\n  $ keyturn fleet cancel 20260714-0915-3f2a --reason "a test"')
    .action(async (id, { reason }, command) => {
      const said = `The fleet ${id} is cancelled: it begins nothing more, and ends when what is open has.`;
      process.exitCode = await sendFleetDecision(shellOf(command), { id, verb: 'cancel', reason, said });
    });
}
