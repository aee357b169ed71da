import type { Command } from '@commander-js/extra-typings';
import { decisionCommand, sendDecision } from '../decision.ts';
import { shellOf } from '../shell.ts';

const example = `
Example:
  $ keyturn retry production/orders/DATABASE_URL --reason "the database is back"`;

export function addRetry(program: Command): void {
  decisionCommand(program, 'retry')
    .description('Have a quarantined rotation try again what it could not do.')
    .addHelpText('after', example)
    .action(async (id, { reason }, command) => {
      const given = { id, reason, verb: 'retry' };
      process.exitCode = await sendDecision(shellOf(command), given, async (rotations, handle, decision) => {
        await rotations.retry(handle, decision);
        return `${id}: it tries again; see keyturn status ${id}`;
      });
    });
}
