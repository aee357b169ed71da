import type { Command } from '@commander-js/extra-typings';
import { decisionCommand, sendDecision } from '../decision.ts';
import { shellOf } from '../shell.ts';

const example = `
Example:
  $ keyturn proceed production/orders/DATABASE_URL --wait "consumer orders" --reason "host is decommissioned"`;

export function addProceed(program: Command): void {
  decisionCommand(program, 'proceed')
    .description(
      'Skip a wait of the open rotation (grace, soak), or waive a laggard that it names. A waiver is audited.',
    )
    .option('--wait <name>', 'which wait, as `keyturn status` names it; needed where there are several')
    .addHelpText('after', example)
    .action(async (id, { reason, wait }, command) => {
      const given = { id, reason, verb: 'proceed' };
      process.exitCode = await sendDecision(shellOf(command), given, async (rotations, handle, decision) => {
        const skipped = await rotations.proceed(handle, { ...decision, ...(wait === undefined ? {} : { wait }) });
        return `${id}: no longer waiting for ${skipped}`;
      });
    });
}
