import type { Command } from '@commander-js/extra-typings';
import { setPaused } from '../schedules.ts';
import { shellOf, withGlobals } from '../shell.ts';

const notes = `
It fires when it is due next; what was due in the meantime is not made up for.

Example:
  $ keyturn resume production/orders/DATABASE_URL --reason "the vendor has moved"`;

export function addResume(program: Command): void {
  withGlobals(program.command('resume'))
    .description('Have a paused schedule begin rotations again.')
    .argument('<id>', 'the credential')
    .requiredOption('--reason <text>', "why; it stands in the schedule's note")
    .addHelpText('after', notes)
    .action(async (id, { reason }, command) => {
      process.exitCode = await setPaused(shellOf(command), { id, reason, verb: 'resume' });
    });
}
