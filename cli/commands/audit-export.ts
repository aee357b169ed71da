import { type Command, Option } from '@commander-js/extra-typings';
import type { AuditSink } from '../../contract/index.ts';
import { KeyturnError } from '../../contract/index.ts';
import { type AuditForm, auditForms } from '../audit-forms.ts';
import { audited, openExistingSink } from '../audit-sink.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { writeNewFile } from '../new-file.ts';
import { type Shell, shellOf, withGlobals } from '../shell.ts';
import { count } from '../words.ts';

const formats = ['jsonl', 'csv'] as const;

export function addAuditExport(audit: Command): void {
  withGlobals(audit.command('export'))
    .description('Write the audit, or the chains named, one record a line, each chain in its order.')
    .argument('[ids...]', 'credentials (default: all that the audit holds)')
    .addOption(
      new Option('--format <format>', 'JSON Lines, or CSV by RFC 4180').choices(formats).default('jsonl' as const),
    )
    .option('--out <file>', 'into this new file, readable by you alone, instead of standard output')
    .option('--audit <sink:location>', 'the audit to read (default: as KEYTURN_AUDIT)')
    .addHelpText('after', '\nExample:\n  $ keyturn audit export --format csv --out audit.csv')
    .action(async (ids, options, command) => {
      process.exitCode = await exportAudit(shellOf(command), ids, options);
    });
}

interface Options {
  format: (typeof formats)[number];
  out?: string;
  audit?: string;
}

async function exportAudit(shell: Shell, ids: string[], { audit, format, out: file }: Options): Promise<ExitCode> {
  const sink = await openExistingSink(shell, audit);
  try {
    const credentials = await audited(sink, ids);
    await refuseUnknown(sink, credentials);
    const written = { entries: 0 };
    const lines = linesOf(sink, credentials, auditForms[format], written);
    if (file === undefined) {
      for await (const line of lines) process.stdout.write(line);
      return exitCodes.ok;
    }
    await writeNewFile(file, lines);
    const { entries } = written;
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

async function* linesOf(
  sink: AuditSink,
  credentials: readonly string[],
  { head, lineOf }: AuditForm,
  written: { entries: number },
): AsyncGenerator<string> {
  if (head !== '') yield head;
  for (const credential of credentials) {
    for (const record of await sink.read(credential)) {
      written.entries += 1;
      yield lineOf(record);
    }
  }
}
