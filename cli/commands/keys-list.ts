import type { Command } from '@commander-js/extra-typings';
import { keyRingFile } from '../../connectors/keyrings/file/index.ts';
import { exitCodes } from '../exit-codes.ts';
import { sayRing } from '../key-ring.ts';
import { shellOf, withGlobals } from '../shell.ts';

export function addKeysList(keys: Command): void {
  withGlobals(keys.command('list'))
    .description('Show which keys the ring has for which purpose, by their ids. A key itself is never shown.')
    .addHelpText('after', '\nExample:\n  $ keyturn keys list')
    .action((_options, command) => {
      const shell = shellOf(command);
      sayRing(shell, keyRingFile(shell.home));
      process.exitCode = exitCodes.ok;
    });
}
