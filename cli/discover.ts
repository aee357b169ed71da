import { Readable } from 'node:stream';
import type { Discovered } from '../contract/index.ts';
import { KeyturnError } from '../contract/index.ts';
import { readingBench } from './deps.ts';
import { type ExitCode, exitCodeOfKind, exitCodes } from './exit-codes.ts';
import type { Shell } from './shell.ts';
import { type Declared, keyOf, type Source } from './sources.ts';
import { count } from './words.ts';

/** Something that no entry of the catalog names. */
export interface Unnamed extends Discovered {
  source: Source;
}

/** What came of one source. */
export interface Asked {
  source: Source;
  /** How much it has, what the catalog names included. */
  found: number;
  unnamed: readonly Unnamed[];
  /** It could not be asked, or not to the end: what came before is there all the same. */
  error?: KeyturnError;
}

/** So many sources are asked at once. */
const concurrency = 5;

/** Asks every source what it has, and keeps what the catalog does not name. @param withinMs the time that one source has. */
export async function askAll(shell: Shell, declared: Declared, withinMs: number): Promise<Asked[]> {
  const ask = (source: Source) => askOne(shell, source, declared, withinMs);
  return withoutTwice(await Readable.from(declared.sources).map(ask, { concurrency }).toArray());
}

async function askOne(shell: Shell, source: Source, declared: Declared, withinMs: number): Promise<Asked> {
  const elsewhere = declared.anywhere.get(keyOf(source)) ?? new Set();
  const unnamed: Unnamed[] = [];
  let found = 0;
  const told = (error?: KeyturnError): Asked => ({ source, found, unnamed, ...(error && { error }) });
  shell.out.say(`${source.id}: asking ...`);
  try {
    const on = readingBench(shell, source.credential, withinMs);
    for await (const page of await source.discover(on)) {
      found += page.length;
      unnamed.push(
        ...page.filter((each) => !isNamed(each, source.here, elsewhere)).map((each) => ({ ...each, source })),
      );
    }
    shell.out.say(`${source.id}: ${count(found, 'thing')}, ${unnamed.length} of which the catalog does not name`);
    return told();
  } catch (error) {
    if (!(error instanceof KeyturnError)) throw error;
    shell.out.say(`${source.id}: ${shell.out.paintProgress('red', 'not all is known:')} ${error.message}`);
    return told(error);
  }
}

function isNamed({ named }: Discovered, here: ReadonlySet<string>, anywhere: ReadonlySet<string>): boolean {
  return named.anywhere.some((name) => anywhere.has(name)) || (named.here ?? []).some((name) => here.has(name));
}

/** Two sources may lead to the same thing: a server with two admins. */
function withoutTwice(asked: readonly Asked[]): Asked[] {
  const seen = new Set<string>();
  const isFirst = (each: Unnamed) => {
    const names = each.named.anywhere.map((name) => `${keyOf(each.source)} ${name} ${each.keyId ?? ''}`);
    const known = names.some((name) => seen.has(name));
    for (const name of names) seen.add(name);
    return !known;
  };
  return asked.map((each) => ({ ...each, unnamed: each.unnamed.filter(isFirst) }));
}

/** A right that is missing is for a person to give; what cannot be reached may be there later. */
export function exitCodeOf(asked: readonly Asked[]): ExitCode {
  const codes = asked.flatMap(({ error }) => (error ? [exitCodeOfKind(error.kind)] : []));
  if (codes.length === 0) return exitCodes.ok;
  return codes.every((code) => code === exitCodes.unreachable) ? exitCodes.unreachable : exitCodes.refused;
}

export interface Wanted {
  olderThanMs?: number;
  unusedForMs?: number;
}

/** What is left out because nobody can tell its age, or its last use. */
export interface LeftOut {
  age: number;
  use: number;
}

/** Since its value was last changed, as far as that is told; else since it was made. */
export function ageMs({ changedAt, createdAt }: Discovered, now: number): number | undefined {
  const since = changedAt ?? createdAt;
  return since === undefined ? undefined : Math.max(0, now - Date.parse(since));
}

/** Since its last use; of what was never used, since it was made. */
export function unusedMs({ createdAt, lastUse }: Discovered, now: number): number | undefined {
  const since = typeof lastUse === 'object' ? lastUse.at : lastUse === 'never' ? createdAt : undefined;
  return since === undefined ? undefined : Math.max(0, now - Date.parse(since));
}

export function narrowed(
  all: readonly Unnamed[],
  { olderThanMs, unusedForMs }: Wanted,
  now: number,
): { kept: Unnamed[]; leftOut: LeftOut } {
  const leftOut: LeftOut = { age: 0, use: 0 };
  const passes = (ms: number | undefined, least: number | undefined, what: keyof LeftOut) => {
    if (least === undefined) return true;
    if (ms === undefined) leftOut[what] += 1;
    return ms !== undefined && ms >= least;
  };
  const kept = all.filter(
    (each) => passes(ageMs(each, now), olderThanMs, 'age') && passes(unusedMs(each, now), unusedForMs, 'use'),
  );
  return { kept, leftOut };
}
