import type { Command } from '@commander-js/extra-typings';
import { decisionCommand, sendDecision } from '../decision.ts';
import { shellOf } from '../shell.ts';

const example = `
Example:
  $ keyturn approve production/orders/DATABASE_URL --plan 1f3a9c0d5b7e2468`;

export function addApprove(program: Command): void {
  decisionCommand(program, 'approve')
    .description('Approve the plan of a rotation that waits for it. Nobody approves their own request.')
    .requiredOption('--plan <hash>', 'the plan that you agree to, as `keyturn status` shows it')
    .addHelpText('after', example)
    .action(async (id, { reason, plan }, command) => {
      const given = { id, reason, verb: 'approve' };
      process.exitCode = await sendDecision(shellOf(command), given, async (rotations, handle, decision) => {
        await rotations.approve(handle, { ...decision, planHash: plan });
        return `${id}: approved plan ${plan}`;
      });
    });
}
