import type { Argument, CommandUnknownOpts as Command, Option } from '@commander-js/extra-typings';

/** What may stand where the cursor is. */
export interface Candidate {
  text: string;
  about: string;
}

/** The arguments that are credentials of the catalog. */
const credentialArguments = new Set(['id', 'ids', 'selection']);

export interface CompletionOptions {
  /** The credentials of the catalog that was named in these words, or of the default one. */
  idsOf(catalogFile: string | undefined): Promise<readonly string[]>;
}

/**
 * Derived from the program's own tree of commands, so that it knows what they know.
 * @param words what was typed behind the program's name, up to the cursor; the last one is begun, or empty.
 * @returns nothing where only a shell can help: a file, a text.
 */
export async function candidates(
  root: Command,
  words: readonly string[],
  { idsOf }: CompletionOptions,
): Promise<Candidate[]> {
  const typed = withoutBreaks(words);
  const current = typed.at(-1) ?? '';
  const at = walk(root, typed.slice(0, -1));
  const [, name, value] = /^(--[^=]+)=(.*)$/s.exec(current) ?? [];
  if (at.pending) return beginning(current, choicesOf(at.pending));
  if (name !== undefined && !at.onlyArguments) {
    const choices = beginning(value ?? '', choicesOf(optionOf(at.command, name)));
    return choices.map((each) => ({ ...each, text: `${name}=${each.text}` }));
  }
  if (current.startsWith('-') && !at.onlyArguments) return beginning(current, optionsOf(at.command));
  const argument = argumentAt(at.command, at.given.length);
  const ids = argument && credentialArguments.has(argument.name()) ? await idsOf(at.catalogFile) : [];
  const known = [...choicesOf(argument), ...ids.map((id) => ({ text: id, about: 'credential' }))];
  const free = known.filter(({ text }) => !at.given.includes(text));
  return beginning(current, [...(at.given.length === 0 ? commandsOf(at.command) : []), ...free]);
}

/** Bash breaks `--format=csv` into three words. */
function withoutBreaks(words: readonly string[]): string[] {
  return words.flatMap((word, index) => {
    const isBreak = word === '=' && words[index - 1]?.startsWith('--') === true;
    if (!isBreak) return [word];
    return index === words.length - 1 ? [''] : [];
  });
}

interface Place {
  command: Command;
  /** The arguments that stand there already. */
  given: string[];
  /** The option whose value comes next. */
  pending?: Option;
  onlyArguments: boolean;
  catalogFile?: string;
}

function walk(root: Command, before: readonly string[]): Place {
  const place: Place = { command: root, given: [], onlyArguments: false };
  for (const word of before) step(place, word);
  return place;
}

function step(place: Place, word: string): void {
  const { command, given, onlyArguments, pending } = place;
  if (pending) {
    take(place, pending, word);
    delete place.pending;
  } else if (onlyArguments) given.push(word);
  else if (word === '--') place.onlyArguments = true;
  else if (word.startsWith('-')) {
    const [name = '', value] = word.split(/=(.*)/s);
    const option = optionOf(command, name);
    if (value !== undefined) take(place, option, value);
    else if (option?.required) place.pending = option;
  } else {
    const next = given.length === 0 ? command.commands.find((each) => each.name() === word) : undefined;
    if (next) place.command = next;
    else given.push(word);
  }
}

function take(place: Place, option: Option | undefined, value: string): void {
  if (option?.long === '--catalog') place.catalogFile = value;
}

function optionOf(command: Command, name: string): Option | undefined {
  return command.options.find(({ long, short }) => long === name || short === name);
}

function argumentAt({ registeredArguments }: Command, index: number): Argument | undefined {
  const last = registeredArguments.at(-1);
  return registeredArguments[index] ?? (last?.variadic ? last : undefined);
}

function commandsOf(command: Command): Candidate[] {
  const shown = command.createHelp().visibleCommands(command);
  return shown.map((each) => ({ text: each.name(), about: each.description() }));
}

function optionsOf(command: Command): Candidate[] {
  const shown = command.createHelp().visibleOptions(command);
  return shown.map(({ description, long, short }) => ({ text: long ?? short ?? '', about: description }));
}

function choicesOf(from: Option | Argument | undefined): Candidate[] {
  return (from?.argChoices ?? []).map((text) => ({ text, about: '' }));
}

function beginning(begun: string, all: readonly Candidate[]): Candidate[] {
  return all.filter(({ text }) => text.startsWith(begun));
}
