import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { expect, test } from 'vitest';
import { program } from '../../cli/program.ts';
import { type Documented, documentedIn, documents, textOf, wordsOf } from './documented.ts';

/** Every command that the documentation names is there, with the flags that it is named with. */

const all = documents().flatMap(documentedIn);
const { scripts } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

/** The command line, which only reads what it is given. */
function reading(): CommandUnknownOpts {
  const root = program() as CommandUnknownOpts;
  for (const each of below(root)) {
    each.exitOverride((error) => {
      throw error;
    });
    each.configureOutput({ writeErr: () => {}, writeOut: () => {} });
    if (each.commands.length === 0) each.action(() => {});
  }
  return root;
}

function below(command: CommandUnknownOpts): CommandUnknownOpts[] {
  return [command, ...command.commands.flatMap(below)];
}

function argumentsOf(line: string): string[] | undefined {
  const words = wordsOf(line);
  const at = words.indexOf('keyturn');
  if (at < 0) return undefined;
  return words.slice(at + 1).filter((word, index) => !(index === 0 && word === '--'));
}

/** What is named in a sentence may lack its arguments: then only the names count. */
function problemOf({ isWhole, line }: Documented): string | undefined {
  const args = argumentsOf(line);
  if (!args) return undefined;
  if (isWhole) return parses(args);
  const found = commandOf(reading(), args);
  if (!found) return `there is no command ${args[0]}`;
  const flags = args.filter((arg) => /^--?[a-z]/.test(arg)).map((flag) => flag.replace(/=.*/, ''));
  const missing = flags.find((flag) => !hasFlag(found, flag));
  return missing && `${found.name()} has no ${missing}`;
}

function parses(args: string[]): string | undefined {
  try {
    reading().parse(['node', 'keyturn', ...args]);
    return undefined;
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    return code === 'commander.helpDisplayed' || code === 'commander.version' ? undefined : message;
  }
}

function commandOf(root: CommandUnknownOpts, args: readonly string[]): CommandUnknownOpts | undefined {
  const [name, ...rest] = args.filter((arg) => !arg.startsWith('-'));
  if (name === undefined) return root;
  const found = root.commands.find((each) => each.name() === name);
  return found && found.commands.length > 0 ? (commandOf(found, rest) ?? found) : found;
}

function hasFlag(command: CommandUnknownOpts, flag: string): boolean {
  const isOwn = command.options.some(({ long, short }) => long === flag || short === flag);
  return isOwn || ['--help', '-h', '--json', '--catalog', '-c', '--version'].includes(flag);
}

test('the documentation names commands, in blocks and in sentences', () => {
  expect(all.filter(({ isWhole }) => isWhole).length).toBeGreaterThan(15);
  expect(all.filter(({ isWhole }) => !isWhole).length).toBeGreaterThan(20);
});

test.each(all.map((each) => [each.place, each.line, each] as const))('%s: %s', (_place, line, each) => {
  if (/^npm (run|test)/.test(line) && !line.startsWith('npm run keyturn')) {
    const [, , name = 'test'] = line === 'npm test' ? ['npm', 'run', 'test'] : wordsOf(line);
    expect(Object.keys(scripts)).toContain(name);
  } else expect(problemOf(each)).toBeUndefined();
});

/** What a flag is named with in a sentence says only which flags there have to be. */
test('every flag that docs/cli.md names is one of some command', () => {
  const root = reading();
  const known = new Set(below(root).flatMap(({ options }) => options.flatMap(({ long }) => long ?? [])));
  const named = new Set([...textOf('docs/cli.md').matchAll(/`(--[a-z][a-z-]*)/g)].map(([, flag = '']) => flag));
  expect([...named].filter((flag) => !known.has(flag) && flag !== '--help')).toEqual([]);
});

test('every command has an example in its help, and the example is right', () => {
  const leaves = below(program() as CommandUnknownOpts).filter(
    (each) => each.parent && each.commands.length === 0 && !each.name().startsWith('__'),
  );
  for (const leaf of leaves) {
    let help = '';
    leaf.configureOutput({ writeOut: (text) => (help += text) });
    leaf.outputHelp();
    const examples = [...help.matchAll(/^ *\$ (.*keyturn .*)$/gm)].map(([, line = '']) => line);
    expect(examples.length, leaf.name()).toBeGreaterThan(0);
    for (const line of examples) expect(parses(argumentsOf(line) ?? []), line).toBeUndefined();
  }
});

test('what is not there is found out', () => {
  const said = (line: string, isWhole: boolean) => problemOf({ place: '', line, isWhole });
  expect(said('keyturn rotat x', false)).toContain('no command');
  expect(said('keyturn rotate --wayt', false)).toContain('--wayt');
  expect(said('keyturn rotate x --wayt', true)).toContain('--wayt');
  expect(said('keyturn approve x', true)).toContain('--plan');
});

const longRunning = [
  'simulate',
  'simulate:real',
  'simulate:mutants',
  'test:faults',
  'test:crash',
  'test:fleet',
  'bench',
];

test.each(all.flatMap(({ line, place }) => flagsOfScript(line).map((flag) => [place, line, flag] as const)))(
  '%s: %s has %s',
  (_place, line, flag) => {
    const [, , name = ''] = wordsOf(line);
    const [, , file = ''] = String(scripts[name]).split(' ');
    const help = execFileSync(process.execPath, [file, '--help'], { encoding: 'utf8' });
    expect(help).toContain(flag);
  },
);

/** `npm run simulate -- --seeds 10000` */
function flagsOfScript(line: string): string[] {
  const words = wordsOf(line);
  if (!longRunning.includes(words[2] ?? '') || !line.startsWith('npm run')) return [];
  return words.slice(3).filter((word) => /^--[a-z]/.test(word));
}
