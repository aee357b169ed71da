import type { Command } from '@commander-js/extra-typings';
import { decisionCommand, sendDecision } from '../decision.ts';
import { shellOf } from '../shell.ts';

const example = `
Example:
  $ keyturn reject production/orders/DATABASE_URL --reason "not during the sale"`;

export function addReject(program: Command): void {
  decisionCommand(program, 'reject')
    .description('Refuse the rotation that waits for an approval; it ends unchanged.')
    .addHelpText('after', example)
    .action(async (id, { reason }, command) => {
      const given = { id, reason, verb: 'reject' };
      process.exitCode = await sendDecision(shellOf(command), given, async (rotations, handle, decision) => {
        await rotations.reject(handle, decision);
        return `${id}: rejected`;
      });
    });
}
