import { Argument, type Command } from '@commander-js/extra-typings';
import { keyRingFile, rotateRingKey } from '../../connectors/keyrings/file/index.ts';
import { exitCodes } from '../exit-codes.ts';
import { ringData } from '../key-ring.ts';
import { shellOf, withGlobals } from '../shell.ts';

/** A new fingerprint key would give every stored value another name. */
const purposes = ['seal', 'sign', 'file-vault'] as const;

const notes = `
What is sealed, signed or stored from now on uses the new key; running workers take it up at once. Earlier keys stay, for
what they have sealed, signed or stored. Where several machines have the ring, copy it to all of them first.

Example:
  $ keyturn keys rotate seal`;

export function addKeysRotate(keys: Command): void {
  withGlobals(keys.command('rotate'))
    .description('Add a key for a purpose to the ring, and use it from now on.')
    .addArgument(new Argument('<purpose>', 'what for').choices(purposes))
    .addHelpText('after', notes)
    .action(async (purpose, _options, command) => {
      const { home, out } = shellOf(command);
      const file = keyRingFile(home);
      const { kid } = await rotateRingKey(file, purpose);
      out.result(`${purpose}: ${kid} is used from now on. Back up ${file}.`);
      out.data({ ...ringData(file), purpose, kid });
      process.exitCode = exitCodes.ok;
    });
}
