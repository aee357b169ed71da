import type { Command } from '@commander-js/extra-typings';
import { decisionCommand, sendDecision } from '../decision.ts';
import { shellOf } from '../shell.ts';

const example = `
Example:
  $ keyturn rollback production/orders/DATABASE_URL --reason "errors at checkout"`;

export function addRollback(program: Command): void {
  decisionCommand(program, 'rollback')
    .description('Put the known-good back; possible until the old key is deleted.')
    .addHelpText('after', example)
    .action(async (id, { reason }, command) => {
      const given = { id, reason, verb: 'rollBack' };
      process.exitCode = await sendDecision(shellOf(command), given, async (rotations, handle, decision) => {
        await rotations.rollBack(handle, decision);
        return `${id}: it goes back to the known-good; see keyturn status ${id}`;
      });
    });
}
