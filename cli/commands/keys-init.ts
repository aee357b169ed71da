import { existsSync } from 'node:fs';
import type { Command } from '@commander-js/extra-typings';
import { keyRingFile } from '../../connectors/keyrings/file/index.ts';
import { openOwnKeyRing } from '../../connectors/keyrings/file/own.ts';
import { KeyturnError } from '../../contract/index.ts';
import { openSink } from '../audit-sink.ts';
import { logOf } from '../deps.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { sayRing } from '../key-ring.ts';
import { type Shell, shellOf, withGlobals } from '../shell.ts';

const notes = `
The first worker, or the first value that is stored, does the same by itself. Back the ring up apart from everything else.

Example:
  $ keyturn keys init`;

export function addKeysInit(keys: Command): void {
  withGlobals(keys.command('init'))
    .description('Make the key ring, with one key for each purpose, where there is none.')
    .addHelpText('after', notes)
    .action(async (_options, command) => {
      process.exitCode = await init(shellOf(command));
    });
}

async function init(shell: Shell): Promise<ExitCode> {
  const { home } = shell;
  const file = keyRingFile(home);
  if (existsSync(file)) {
    throw new KeyturnError('conflict', `there is a key ring already: ${file}`, {
      fix: 'a new key for one purpose: keyturn keys rotate <purpose>',
    });
  }
  const sink = await openSink(shell);
  try {
    await openOwnKeyRing({ home, log: logOf(shell), sink });
  } finally {
    await sink.close();
  }
  sayRing(shell, file);
  return exitCodes.ok;
}
