import type { Command } from '@commander-js/extra-typings';
import type { DeclaredCredential } from '../../catalog/index.ts';
import { lineOf } from '../../catalog/problem.ts';
import { describe } from '../describe.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { type Look, look } from '../look.ts';
import { openCatalog } from '../open-catalog.ts';
import type { Output } from '../output.ts';
import { type Shell, shellOf, withGlobals } from '../shell.ts';
import { count, indent } from '../words.ts';

export function addCheck(program: Command): void {
  withGlobals(program.command('check'))
    .description('Validate the catalog, say what each credential would do, and look whether it could. Only reads.')
    .argument('[ids...]', 'credentials (default: all in the catalog)')
    .option('--offline', 'do not look at providers and vaults')
    .addHelpText('after', '\nExample:\n  $ keyturn check production/orders/DATABASE_URL')
    .action(async (ids, { offline }, command) => {
      process.exitCode = await check(shellOf(command), ids, offline ?? false);
    });
}

interface Checked {
  credential: DeclaredCredential;
  steps: string[];
  /** Absent with `--offline`. */
  seen?: Look;
}

async function check(shell: Shell, ids: readonly string[], offline: boolean): Promise<ExitCode> {
  const { out } = shell;
  const catalog = await openCatalog(shell);
  for (const warning of catalog.warnings) out.say(`${out.paintProgress('yellow', 'warning:')} ${lineOf(warning)}`);
  const credentials = ids.length > 0 ? ids.map((id) => catalog.find(id)) : [...catalog.credentials.values()];
  const all: Checked[] = [];
  for (const credential of credentials) {
    const steps = await describe(credential);
    const checked = offline ? { credential, steps } : { credential, steps, seen: await look(shell, credential) };
    out.result(wordsOf(out, checked));
    all.push(checked);
  }
  return conclude(out, catalog.warnings.map(lineOf), all);
}

function conclude(out: Output, warnings: readonly string[], all: readonly Checked[]): ExitCode {
  const stopped = all.filter(({ seen }) => (seen?.problems.length ?? 0) > 0);
  const codes = stopped.flatMap(({ seen }) => seen?.problems.map(({ exitCode }) => exitCode) ?? []);
  const refused = codes.find((code) => code === exitCodes.refused);
  const exitCode = refused ?? codes[0] ?? exitCodes.ok;
  const looked = all.some(({ seen }) => seen !== undefined);
  const rest = looked
    ? `${all.length - stopped.length} of ${all.length} could rotate now`
    : 'not looked at (--offline)';
  out.result(`${count(all.length, 'credential')} in the catalog checked; ${rest}.`);
  out.data({ ok: exitCode === exitCodes.ok, warnings, credentials: all.map(dataOf) });
  return exitCode;
}

function wordsOf(out: Output, { credential, seen, steps }: Checked): string {
  const { id, owner, site, tier } = credential;
  const about = [`owner ${owner}`, `tier ${tier}`, ...(site === undefined ? [] : [`site ${site}`])].join(', ');
  const lines = [`${out.paint('bold', id)} (${about})`, ...steps.map((step) => `  - ${step}`)];
  if (!seen) return `${lines.join('\n')}\n`;
  for (const warning of seen.warnings) lines.push(`  ${out.paint('yellow', 'warning:')} ${warning}`);
  for (const { fix, message } of seen.problems) {
    lines.push(`  ${out.paint('red', 'problem:')} ${message}${fix === undefined ? '' : `\n    fix: ${fix}`}`);
  }
  for (const script of seen.scripts) lines.push('  run this there:', indent(script.trimEnd(), '    '));
  if (seen.problems.length === 0) lines.push(`  ${out.paint('green', 'ready:')} it could rotate now`);
  return `${lines.join('\n')}\n`;
}

function dataOf({ credential, seen, steps }: Checked): object {
  return {
    id: credential.id,
    steps,
    ready: seen ? seen.problems.length === 0 : null,
    problems: (seen?.problems ?? []).map(({ message, fix }) => ({ message, ...(fix === undefined ? {} : { fix }) })),
    warnings: seen?.warnings ?? [],
    scripts: seen?.scripts ?? [],
  };
}
