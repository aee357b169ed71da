import type { Command } from '@commander-js/extra-typings';
import { addAuditBundle } from './audit-bundle.ts';
import { addAuditExport } from './audit-export.ts';
import { addAuditMigrate } from './audit-migrate.ts';
import { addAuditVerify } from './audit-verify.ts';

export function addAudit(program: Command): void {
  const audit = program.command('audit').description('Look into the audit; needs no Temporal.');
  addAuditVerify(audit);
  addAuditExport(audit);
  addAuditBundle(audit);
  addAuditMigrate(audit);
}
