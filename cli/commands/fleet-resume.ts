import type { Command } from '@commander-js/extra-typings';
import { fleetDecisionCommand, sendFleetDecision } from '../fleet-decision.ts';
import { shellOf } from '../shell.ts';

export function addFleetResume(fleet: Command): void {
  fleetDecisionCommand(fleet, 'resume')
    .description('Have a paused fleet go on.')
    .addHelpText('after', '\nExample:\n  $ keyturn fleet resume 20260714-0915-3f2a --reason "a test"')
    .action(async (id, { reason }, command) => {
      const said = `The fleet ${id} goes on.`;
      process.exitCode = await sendFleetDecision(shellOf(command), { id, verb: 'resume', reason, said });
    });
}
