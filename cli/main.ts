import { CommanderError } from '@commander-js/extra-typings';
import { Output } from './output.ts';
import { program } from './program.ts';
import { report } from './report.ts';

// A reader that has seen enough (`keyturn audit export | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

try {
  await program().parseAsync(process.argv);
} catch (error) {
  const json = process.argv.includes('--json') && !isHelp(error);
  process.exitCode = report(error, new Output(json));
}

function isHelp(error: unknown): boolean {
  return error instanceof CommanderError && error.exitCode === 0;
}
