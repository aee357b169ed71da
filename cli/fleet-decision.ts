import type { Command } from '@commander-js/extra-typings';
import type { FleetVerb } from '../client/fleets.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { validDecisionFrom } from './request.ts';
import { type Shell, withGlobals } from './shell.ts';
import { withTemporal } from './temporal.ts';

/** A command by which an operator says something to an open fleet. */
export function fleetDecisionCommand(fleet: Command, name: string) {
  return withGlobals(fleet.command(name))
    .argument('<id>', 'the fleet')
    .option('--reason <text>', "why; it stands in the fleet's progress");
}

/** Sends it, in the name of whoever runs the command. @throws KeyturnError `conflict` where the fleet cannot take it now. */
export async function sendFleetDecision(
  shell: Shell,
  { id, reason, said, verb }: { id: string; verb: FleetVerb; reason: string | undefined; said: string },
): Promise<ExitCode> {
  const decision = validDecisionFrom(shell, reason);
  const { fleetOf, tellFleet } = await import('../client/fleets.ts');
  return withTemporal(shell, async ({ client }) => {
    await tellFleet(fleetOf(client, id), verb, decision);
    shell.out.result(said);
    shell.out.data({ fleet: id, decision: verb, ...decision, said });
    return exitCodes.ok;
  });
}
