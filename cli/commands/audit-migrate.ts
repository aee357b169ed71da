import type { Command } from '@commander-js/extra-typings';
import type { AuditMigration } from '../../contract/index.ts';
import { auditPlace } from '../audit-sink.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { type Shell, shellOf, withGlobals } from '../shell.ts';

const notes = `
Log in as a member of the role that owns the audit, which the workers are not.

Example:
  $ keyturn audit migrate --audit postgres:env:AUDIT_OWNER_URL`;

export function addAuditMigrate(audit: Command): void {
  withGlobals(audit.command('migrate'))
    .description('Make the schema of an audit in a database server, or bring it to what this version needs.')
    .option('--audit <sink:location>', 'the audit to migrate (default: as KEYTURN_AUDIT)')
    .option('--dry-run', 'say what would be done, and do nothing')
    .addHelpText('after', notes)
    .action(async (options, command) => {
      process.exitCode = await migrate(shellOf(command), options);
    });
}

async function migrate(shell: Shell, options: { audit?: string; dryRun?: true }): Promise<ExitCode> {
  const { connector, location } = await auditPlace(shell, options.audit);
  const dryRun = options.dryRun ?? false;
  const sink = connector.name;
  if (!connector.migrate) {
    shell.out.result(`An audit of ${sink} needs no migration: it is made when it is first opened.`);
    shell.out.data({ sink, place: null, dryRun, had: [], applied: [] });
    return exitCodes.ok;
  }
  const done = await connector.migrate(location, { dryRun });
  shell.out.result(inWords(done, dryRun));
  shell.out.data({ sink, place: done.place, dryRun, had: done.had, applied: done.applied });
  return exitCodes.ok;
}

function inWords({ applied, had, place }: AuditMigration, dryRun: boolean): string {
  if (applied.length === 0) return `The audit ${place} has all it needs: ${had.join(', ')}.`;
  return `The audit ${place}: ${dryRun ? 'would apply' : 'applied'} ${applied.join(', ')}.`;
}
