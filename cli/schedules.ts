import { existsSync } from 'node:fs';
import { declarationOf } from '../catalog/declaration.ts';
import type { Catalog, DeclaredCredential } from '../catalog/index.ts';
import { lineOf } from '../catalog/problem.ts';
import type { Connected } from '../client/connect.ts';
import type { ScheduleChange, Scheduled } from '../client/schedules.ts';
import { KeyturnError } from '../contract/index.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { openCatalog } from './open-catalog.ts';
import type { Output, Style } from './output.ts';
import { validDecisionFrom } from './request.ts';
import type { Shell } from './shell.ts';
import { withTemporal } from './temporal.ts';

/** The catalog's schedules beside those of the cluster. */
export async function changesOf({ client }: Connected, catalog: Catalog): Promise<ScheduleChange[]> {
  const { compareSchedules } = await import('../client/schedules.ts');
  return compareSchedules(client, [...catalog.credentials.values()].flatMap(scheduledOf));
}

/** Warnings do not stop anything, and are said before Temporal is asked. */
export async function openWithWarnings(shell: Shell): Promise<Catalog> {
  const catalog = await openCatalog(shell);
  const { out } = shell;
  for (const warning of catalog.warnings) out.say(`${out.paintProgress('yellow', 'warning:')} ${lineOf(warning)}`);
  return catalog;
}

function scheduledOf(declared: DeclaredCredential): Scheduled[] {
  const { group, schedule } = declared;
  return schedule ? [{ credential: declarationOf(declared), timetable: schedule, ...(group && { group }) }] : [];
}

const signs = { create: '+', change: '~', remove: '-', unchanged: ' ' } as const;
const styles: Readonly<Record<ScheduleChange['action'], Style>> = {
  create: 'green',
  change: 'yellow',
  remove: 'red',
  unchanged: 'dim',
};

/** With which a line of a plan begins. */
export function signOf(out: Output, action: ScheduleChange['action']): string {
  return out.paint(styles[action], `${signs[action]} ${action.padEnd(9)}`);
}

export function changeLine(out: Output, change: ScheduleChange): string {
  const { action, credential } = change;
  return [`${signOf(out, action)} ${credential}${detailOf(change)}`, ...pausedWords(change)].join('; ');
}

function detailOf(change: ScheduleChange): string {
  if (change.action === 'create') return `: ${change.declared.input.schedule.when}`;
  if (change.action !== 'change') return '';
  const { differences } = change;
  return `: ${differences.length > 0 ? differences.join('; ') : 'as another version of Keyturn applied it'}`;
}

function pausedWords(change: ScheduleChange): string[] {
  return 'paused' in change ? [`stays paused (${change.paused})`] : [];
}

/** For programs. */
export function changeData(change: ScheduleChange): object {
  const { action, credential } = change;
  return {
    credential,
    action,
    differences: change.action === 'change' ? change.differences : [],
    paused: 'paused' in change,
  };
}

/** `pause` and `resume`: in the name of whoever runs the command. */
export async function setPaused(
  shell: Shell,
  { id, reason, verb }: { id: string; reason: string; verb: 'pause' | 'resume' },
): Promise<ExitCode> {
  const decision = validDecisionFrom(shell, reason);
  const schedules = await import('../client/schedules.ts');
  const set = withTemporal(shell, ({ client }) => schedules[verb](client, id, decision));
  const { already, note, paused } = await set.catch((error: unknown) => explain(shell, id, error));
  const standing = paused ? 'paused' : 'not paused';
  shell.out.result(`${id}: ${already ? `was ${standing} already` : `is ${standing} now`}${note && ` (${note})`}`);
  shell.out.data({ credential: id, paused, note, already });
  return exitCodes.ok;
}

/** Where Temporal has none, the catalog at hand may say why. */
async function explain(shell: Shell, id: string, error: unknown): Promise<never> {
  const isMissing = error instanceof KeyturnError && error.kind === 'not-found';
  if (!isMissing || !existsSync(shell.catalogFile) || (await openCatalog(shell)).find(id).schedule) throw error;
  const message = `${id} has no \`schedule\` in ${shell.catalogFile}: it is rotated only when asked`;
  throw new KeyturnError('invalid', message, { fix: 'give it one, then `keyturn apply`' });
}
