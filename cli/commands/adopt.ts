import type { Command } from '@commander-js/extra-typings';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { openCatalog } from '../open-catalog.ts';
import { planned, planWords } from '../plan.ts';
import { decisionFrom, requestFrom } from '../request.ts';
import { type Shell, shellOf, withGlobals } from '../shell.ts';

const notes = `
Looks whether what stands could be rotated, and begins its audit with what was found. Nothing else is written, and
nothing is rotated: the schedule does that when it is due (keyturn apply).

Example:
  $ keyturn adopt production/orders/DATABASE_URL --reason "moved here from the old cron job"`;

export function addAdopt(program: Command): void {
  withGlobals(program.command('adopt'))
    .description('Take a credential under management without rotating it.')
    .argument('<id>', 'the credential')
    .option('--reason <text>', 'why; it is audited')
    .addHelpText('after', notes)
    .action(async (id, { reason }, command) => {
      process.exitCode = await adopt(shellOf(command), id, reason);
    });
}

async function adopt(shell: Shell, id: string, reason: string | undefined): Promise<ExitCode> {
  const credential = (await openCatalog(shell)).find(id);
  const decision = decisionFrom(shell, reason);
  const plan = await planned(shell, { credential, requests: [requestFrom(shell, {})], adopt: decision });
  shell.out.result(`${planWords(shell.out, credential, plan)}\nAdopted; nothing was changed.`);
  shell.out.data({ credential: id, adopted: true, ...decision, plan });
  return exitCodes.ok;
}
