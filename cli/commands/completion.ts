import { readFile } from 'node:fs/promises';
import { Argument, type Command } from '@commander-js/extra-typings';
import { type Candidate, candidates } from '../completion.ts';
import { completeCommand, completionScripts, shells } from '../completion-scripts.ts';
import { defaultCatalog, shellOf, withGlobals } from '../shell.ts';

const notes = `
Commands, options, and the credentials of the catalog at hand. Where keyturn is not on the PATH there is nothing to complete.

Examples:
  $ eval "$(keyturn completion bash)"
  $ keyturn completion fish > ~/.config/fish/completions/keyturn.fish`;

export function addCompletion(program: Command): void {
  withGlobals(program.command('completion'))
    .description('Print a script by which a shell completes what is typed.')
    .addArgument(new Argument('<shell>', 'whose script').choices(shells))
    .addHelpText('after', notes)
    .action((shell, _options, command) => {
      const { out } = shellOf(command);
      out.result(completionScripts[shell].trimEnd());
      out.data({ shell, script: completionScripts[shell] });
    });
  program
    .command(completeCommand, { hidden: true })
    .argument('[words...]', 'what was typed, up to the cursor')
    .helpOption(false)
    .action(async (words) => {
      // Whoever types wants no words of ours in between.
      const found = await candidates(program, words, { idsOf }).catch(() => []);
      process.stdout.write(found.map(lineOf).join(''));
    });
}

function lineOf({ about, text }: Candidate): string {
  return `${text}\t${about.replace(/\s+/g, ' ')}\n`;
}

const idPattern = /^[\w./-]+$/;

/** Of any file that is YAML, right or wrong in all else: whoever types waits, so that no connector is loaded. */
async function idsOf(catalogFile = process.env.KEYTURN_CATALOG || defaultCatalog): Promise<string[]> {
  const [{ parse }, text] = await Promise.all([import('yaml'), readFile(catalogFile, 'utf8')]);
  const { credentials } = parse(text, { logLevel: 'silent' }) as { credentials?: object };
  return Object.keys(credentials ?? {}).filter((id) => idPattern.test(id));
}
