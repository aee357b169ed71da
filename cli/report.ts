import { CommanderError } from '@commander-js/extra-typings';
import { CatalogError, lineOf } from '../catalog/problem.ts';
import { KeyturnError } from '../contract/index.ts';
import { type ExitCode, exitCodeOfError, exitCodes } from './exit-codes.ts';
import { grpcDetails, grpcKind } from './grpc-errors.ts';
import type { Output } from './output.ts';

/**
 * Tells a person, and with `--json` a program, what went wrong:
 * `{"error": {"kind", "message", "fix"?, "problems"?}, "exitCode"}`. Stacks are shown with KEYTURN_LOG=debug only.
 */
export function report(error: unknown, out: Output): ExitCode {
  // Commander has said it already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : usage(error, out);
  const exitCode = exitCodeOfError(error);
  const { kind, message, fix, lines = [`error: ${message}`], ...rest } = described(error);
  for (const line of lines) out.say(line.replace(/^error:/, out.paintProgress('red', 'error:')));
  if (fix !== undefined) out.say(`  ${out.paintProgress('bold', 'fix:')} ${fix}`);
  if (process.env.KEYTURN_LOG === 'debug' && error instanceof Error) out.say(error.stack ?? '');
  out.data({ error: { kind, message, ...(fix === undefined ? {} : { fix }), ...rest }, exitCode });
  return exitCode;
}

function usage(error: CommanderError, out: Output): ExitCode {
  out.data({ error: { kind: 'usage', message: error.message.replace(/^error: /, '') }, exitCode: exitCodes.usage });
  return exitCodes.usage;
}

interface Described {
  kind: string;
  message: string;
  fix?: string;
  lines?: string[];
  problems?: CatalogError['problems'];
}

function described(error: unknown): Described {
  if (error instanceof CatalogError) {
    const { problems } = error;
    const message = `the catalog has ${problems.length} problem${problems.length === 1 ? '' : 's'}`;
    return { kind: 'catalog', message, problems, lines: [...problems.map(lineOf), `error: ${message}`] };
  }
  if (error instanceof KeyturnError) {
    const { kind, message, fix } = error;
    return { kind, message, ...(fix === undefined ? {} : { fix }) };
  }
  const kind = grpcKind(error);
  if (kind !== undefined) {
    const fix = 'check TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE and that Temporal runs';
    return { kind, message: `Temporal: ${grpcDetails(error)}`, fix };
  }
  const message = error instanceof Error ? `${error.name}: ${error.message}` : 'not an error';
  return { kind: 'unexpected', message, fix: 'KEYTURN_LOG=debug shows where; please report it' };
}
