import type { Command } from '@commander-js/extra-typings';
import type { Decision } from '../contract/index.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { decisionFrom } from './request.ts';
import { type Shell, withGlobals } from './shell.ts';
import { withTemporal } from './temporal.ts';

type Rotations = typeof import('../client/rotations.ts');
type Handle = ReturnType<Rotations['rotationOf']>;

/** A command by which an operator says something to a credential's open rotation. */
export function decisionCommand(program: Command, name: string) {
  return withGlobals(program.command(name))
    .argument('<id>', 'the credential')
    .option('--reason <text>', 'why; it is audited');
}

/**
 * Sends it, in the name of whoever runs the command.
 * @param say the sentence for people about what has come of it.
 * @throws KeyturnError `conflict` with the reason where the rotation cannot take it now, `not-found` where none is open.
 */
export function sendDecision(
  shell: Shell,
  given: { id: string; verb: string; reason?: string },
  send: (rotations: Rotations, handle: Handle, decision: Decision) => Promise<string>,
): Promise<ExitCode> {
  const { id, reason, verb } = given;
  const decision = decisionFrom(shell, reason);
  return withTemporal(shell, async ({ client }) => {
    const rotations = await import('../client/rotations.ts');
    const said = await send(rotations, rotations.rotationOf(client, id), decision);
    shell.out.result(said);
    shell.out.data({ credential: id, decision: verb, ...decision, said });
    return exitCodes.ok;
  });
}
