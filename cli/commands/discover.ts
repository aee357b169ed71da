import type { Command } from '@commander-js/extra-typings';
import {
  type Asked,
  ageMs,
  askAll,
  exitCodeOf,
  type LeftOut,
  narrowed,
  type Unnamed,
  type Wanted,
} from '../discover.ts';
import type { ExitCode } from '../exit-codes.ts';
import { refuseExisting, writeNewFile } from '../new-file.ts';
import { openCatalog } from '../open-catalog.ts';
import { asDuration } from '../request.ts';
import { type Shell, shellOf, withGlobals } from '../shell.ts';
import { declaredIn } from '../sources.ts';
import { type Cell, table } from '../table.ts';
import { count, duration, moment } from '../words.ts';

const notes = `
Asks every provider and vault of the catalog, each once, from this machine. It only reads, and never a value.

Example:
  $ keyturn discover --unused-for 90d --stubs found.yaml`;

export function addDiscover(program: Command): void {
  withGlobals(program.command('discover'))
    .description('Show what the providers and vaults of the catalog have that no entry of it names.')
    .option('--older-than <duration>', 'only what has not been changed for so long', asDuration)
    .option('--unused-for <duration>', 'only what has not been used for so long', asDuration)
    .option('--within <duration>', 'how long one source may take (default: 10m)', asDuration)
    .option('--stubs <file>', 'writes catalog entries for these into this new file, with blanks to fill in')
    .addHelpText('after', notes)
    .action(async (options, command) => {
      process.exitCode = await discover(shellOf(command), options);
    });
}

interface Options {
  olderThan?: number;
  unusedFor?: number;
  within?: number;
  stubs?: string;
}

const withinMsDefault = 600_000;

async function discover(shell: Shell, options: Options): Promise<ExitCode> {
  const { olderThan, stubs, unusedFor, within = withinMsDefault } = options;
  if (stubs !== undefined) refuseExisting(stubs);
  const catalog = await openCatalog(shell);
  const declared = await declaredIn(catalog);
  for (const mute of declared.mute) shell.out.say(`${mute}: does not tell what it has`);
  const asked = await askAll(shell, declared, within);
  const wanted: Wanted = {
    ...(olderThan !== undefined && { olderThanMs: olderThan }),
    ...(unusedFor !== undefined && { unusedForMs: unusedFor }),
  };
  const now = Date.now();
  const { kept, leftOut } = narrowed(
    asked.flatMap(({ unnamed }) => unnamed),
    wanted,
    now,
  );
  // A catalog of nothing is none.
  const file = kept.length > 0 ? stubs : undefined;
  if (file !== undefined) {
    const { stubsFor } = await import('../stubs.ts');
    await writeNewFile(file, [await stubsFor(kept, catalog)]);
  }
  const exitCode = exitCodeOf(asked);
  say(shell, { asked, mute: declared.mute, kept, leftOut, now, ...(file !== undefined && { file }) }, exitCode);
  return exitCode;
}

interface Result {
  mute: readonly string[];
  asked: readonly Asked[];
  kept: readonly Unnamed[];
  leftOut: LeftOut;
  now: number;
  file?: string;
}

function say({ out }: Shell, { asked, file, kept, leftOut, mute, now }: Result, exitCode: ExitCode): void {
  const heads = ['NAME', 'MADE', 'AGE', 'LAST USED', 'NOTES', 'SOURCE'];
  const rows = kept.map((each) => cellsOf(each, now));
  const all = asked.every(({ error }) => !error);
  const none = all ? 'The catalog names all that there is.' : 'Nothing was found.';
  out.result(kept.length > 0 ? table(heads, rows, (style, cell) => out.paint(style, cell)) : none);
  if (leftOut.age > 0) out.say(`${count(leftOut.age, 'thing')} of unknown age left out (--older-than)`);
  if (leftOut.use > 0) out.say(`${count(leftOut.use, 'thing')} of unknown last use left out (--unused-for)`);
  for (const { error, source } of asked) {
    if (!error) continue;
    out.say(`${out.paintProgress('red', 'not all is known of')} ${source.id}: ${error.message}`);
    if (error.fix !== undefined) out.say(`  ${out.paintProgress('bold', 'fix:')} ${error.fix}`);
  }
  if (file !== undefined) out.say(`${file}: fill in what is left blank, then: keyturn check --offline -c ${file}`);
  const found = kept.map((each) => dataOf(each, now));
  out.data({ sources: asked.map(sourceData), notAsked: mute, found, leftOut, stubs: file ?? null, exitCode });
}

function cellsOf(each: Unnamed, now: number): Cell[] {
  const { createdAt, lastUse, name, notes, source } = each;
  const age = ageMs(each, now);
  const used = typeof lastUse === 'object' ? [moment(lastUse.at), lastUse.by ?? ''].join(' ').trim() : lastUse;
  const made = createdAt === undefined ? 'unknown' : moment(createdAt);
  const cells = [name, made, age === undefined ? 'unknown' : duration(age), used, notes.join(', '), source.id];
  return cells.map((text) => ({ text }));
}

function sourceData({ error, found, source, unnamed }: Asked): object {
  const { connector, id, kind } = source;
  const failed = error && { kind: error.kind, message: error.message, fix: error.fix ?? null };
  return { kind, connector, source: id, found, unnamed: unnamed.length, error: failed ?? null };
}

function dataOf(each: Unnamed, now: number): object {
  const { changedAt, createdAt, keyId, lastUse, name, notes, source } = each;
  return {
    ...{ kind: source.kind, connector: source.connector, source: source.id, name, keyId: keyId ?? null },
    ...{ createdAt: createdAt ?? null, changedAt: changedAt ?? null, ageMs: ageMs(each, now) ?? null, lastUse, notes },
  };
}
