import type { Command } from '@commander-js/extra-typings';
import { setPaused } from '../schedules.ts';
import { shellOf, withGlobals } from '../shell.ts';

const notes = `
A scheduled run that waits to begin is let go of; an open rotation goes on, and \`keyturn rotate\` works as ever.

Example:
  $ keyturn pause production/orders/DATABASE_URL --reason "the vendor moves"`;

export function addPause(program: Command): void {
  withGlobals(program.command('pause'))
    .description("Have a credential's schedule begin nothing until it is resumed.")
    .argument('<id>', 'the credential')
    .requiredOption('--reason <text>', "why; it stands in the schedule's note")
    .addHelpText('after', notes)
    .action(async (id, { reason }, command) => {
      process.exitCode = await setPaused(shellOf(command), { id, reason, verb: 'pause' });
    });
}
