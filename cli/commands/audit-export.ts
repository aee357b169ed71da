import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { type Command, Option } from '@commander-js/extra-typings';
import type { AuditSink } from '../../contract/index.ts';
import { KeyturnError } from '../../contract/index.ts';
import { audited, openExistingSink } from '../audit-sink.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { type Shell, shellOf, withGlobals } from '../shell.ts';
import { count } from '../words.ts';

export function addAuditExport(audit: Command): void {
  withGlobals(audit.command('export'))
    .description('Write the audit, or the chains named, as JSON Lines: one record a line, each chain in its order.')
    .argument('[ids...]', 'credentials (default: all that the audit holds)')
    .addOption(new Option('--format <format>', 'the form').choices(['jsonl'] as const).default('jsonl' as const))
    .option('--out <file>', 'into this new file, readable by you alone, instead of standard output')
    .option('--audit <sink:location>', 'the audit to read (default: as KEYTURN_AUDIT)')
    .addHelpText('after', '\nExample:\n  $ keyturn audit export --out audit.jsonl')
    .action(async (ids, options, command) => {
      process.exitCode = await exportAudit(shellOf(command), ids, options);
    });
}

async function exportAudit(shell: Shell, ids: string[], options: { out?: string; audit?: string }): Promise<ExitCode> {
  const { out: file } = options;
  const sink = await openExistingSink(shell, options.audit);
  try {
    const credentials = await audited(sink, ids);
    await refuseUnknown(sink, credentials);
    if (file === undefined) {
      for await (const line of linesOf(sink, credentials)) process.stdout.write(line);
      return exitCodes.ok;
    }
    const entries = await writeFile(file, linesOf(sink, credentials));
    shell.out.say(`${file}: ${count(entries, 'record')} of ${count(credentials.length, 'credential')}.`);
    shell.out.data({ file, entries, credentials: credentials.length });
    return exitCodes.ok;
  } finally {
    await sink.close();
  }
}

/** Before the first line is written. */
async function refuseUnknown(sink: AuditSink, credentials: readonly string[]): Promise<void> {
  for (const credential of credentials) {
    if (!(await sink.last(credential))) throw new KeyturnError('not-found', `the audit holds nothing of ${credential}`);
  }
}

async function* linesOf(sink: AuditSink, credentials: readonly string[]): AsyncGenerator<string> {
  for (const credential of credentials) {
    for (const record of await sink.read(credential)) yield `${JSON.stringify(record)}\n`;
  }
}

/** Only into a file that it makes: the mode of one that is there is not ours to change. @returns how many lines. */
async function writeFile(file: string, lines: AsyncGenerator<string>): Promise<number> {
  let written = 0;
  const counted = async function* () {
    for await (const line of lines) {
      written += 1;
      yield line;
    }
  };
  try {
    await pipeline(counted, createWriteStream(file, { mode: 0o600, flags: 'wx' }));
    return written;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined || error instanceof KeyturnError) throw error;
    const fix = code === 'EEXIST' ? 'name a file that is not there yet' : 'name a place where you may write';
    throw new KeyturnError('invalid', `${file} cannot be written (${code})`, { fix });
  }
}
