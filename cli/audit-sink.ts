import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { namedAudit } from '../connectors/audit/setting.ts';
import { loadAudit } from '../connectors/load.ts';
import type { AuditConnector, AuditSink, KeyRing } from '../contract/index.ts';
import { KeyturnError } from '../contract/index.ts';
import type { Shell } from './shell.ts';

/** A connector, and where its audit is. */
export interface Place {
  connector: AuditConnector;
  location: string;
}

/**
 * @param setting an option of the form of KEYTURN_AUDIT; absent: that itself.
 * @throws KeyturnError `invalid` for an option with a secret in it: everybody on this machine can read the arguments of a process.
 */
export async function auditPlace({ home, settings }: Shell, setting?: string): Promise<Place> {
  const { location, sink } = namedAudit(setting ?? settings.KEYTURN_AUDIT, home);
  const connector = await loadAudit(sink);
  if (setting === undefined || !connector.holdsSecret?.(location)) return { connector, location };
  throw new KeyturnError('invalid', '--audit holds a password, which others can read there', {
    fix: `put the URL into a variable or a file of yours: --audit ${sink}:env:<variable> or --audit ${sink}:file:<path>`,
  });
}

/** The audit to write to, made where there is none. */
export async function openSink(shell: Shell): Promise<AuditSink> {
  const { connector, location } = await auditPlace(shell);
  return connector.open(location);
}

/**
 * The audit to read from, which is never made.
 * @param setting in the form of KEYTURN_AUDIT; absent: that itself.
 * @throws KeyturnError `not-found` where there is none.
 */
export async function openExistingSink(shell: Shell, setting?: string): Promise<AuditSink> {
  const { connector, location } = await auditPlace(shell, setting);
  // Opening the embedded audit makes its file. Another one is where it is, or says that it is not.
  if (connector.name !== 'sqlite' || existsSync(location)) return connector.open(location);
  throw new KeyturnError('not-found', `there is no audit ${resolve(location)}`, {
    fix: 'name it with --audit <sink>:<location> or KEYTURN_AUDIT; its default stands in KEYTURN_HOME',
  });
}

/** The credentials asked for, or all that the audit knows. */
export async function audited(sink: AuditSink, ids: readonly string[]): Promise<string[]> {
  return ids.length > 0 ? [...new Set(ids)] : sink.credentials();
}

/** The key ring that signs the closes, where it is on this machine. */
export async function ringBeside({ home }: Shell): Promise<KeyRing | undefined> {
  const { keyRingFile, openKeyRing } = await import('../connectors/keyrings/file/index.ts');
  const file = keyRingFile(home);
  return existsSync(file) ? openKeyRing(file, { create: false }) : undefined;
}
