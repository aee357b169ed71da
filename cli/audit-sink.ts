import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { loadAudit } from '../connectors/load.ts';
import type { AuditSink, KeyRing } from '../contract/index.ts';
import { KeyturnError } from '../contract/index.ts';
import type { Shell } from './shell.ts';

const defaultSink = 'sqlite';

interface Named {
  sink: string;
  location: string;
}

/** `<sink>` or `<sink>:<location>`. */
function named(shell: Shell, setting: string | undefined): Named {
  const [sink = defaultSink, ...location] = (setting ?? shell.settings.KEYTURN_AUDIT ?? defaultSink).split(':');
  return { sink, location: location.join(':') || join(shell.home, 'audit.db') };
}

/** The audit to write to, made where there is none. */
export async function openSink(shell: Shell): Promise<AuditSink> {
  const { sink, location } = named(shell, undefined);
  const connector = await loadAudit(sink);
  return connector.open(location);
}

/**
 * The audit to read from, which is never made.
 * @param setting in the form of KEYTURN_AUDIT; absent: that itself.
 * @throws KeyturnError `not-found` where there is none.
 */
export async function openExistingSink(shell: Shell, setting?: string): Promise<AuditSink> {
  const { sink, location } = named(shell, setting);
  const connector = await loadAudit(sink);
  // Opening the default sink makes its file. A sink that a URL names is where it is, or says that it is not.
  if (sink !== defaultSink || existsSync(location)) return connector.open(location);
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
