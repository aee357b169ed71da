import type { Command } from '@commander-js/extra-typings';
import { decisionCommand, sendDecision } from '../decision.ts';
import { shellOf } from '../shell.ts';

const example = `
Example:
  $ keyturn resolve production/orders/DATABASE_URL --reason "put back by hand"`;

export function addResolve(program: Command): void {
  decisionCommand(program, 'resolve')
    .description(
      'Say that you have mended a quarantined rotation by hand; it looks again and ends as what it finds, or refuses.',
    )
    .addHelpText('after', example)
    .action(async (id, { reason }, command) => {
      const given = { id, reason, verb: 'resolve' };
      process.exitCode = await sendDecision(shellOf(command), given, async (rotations, handle, decision) => {
        const outcome = await rotations.resolve(handle, decision);
        return `${id}: it ends ${outcome}`;
      });
    });
}
