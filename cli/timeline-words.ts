import type { Call, Waited } from '../client/history-calls.ts';
import type { Said } from '../client/history-messages.ts';
import { type Evidence, whoWords } from '../contract/index.ts';
import type { Style } from './output.ts';
import type { Cell } from './table.ts';
import type { Effect, Happening } from './timeline.ts';
import { between, count, duration, moment } from './words.ts';

export const timelineHeads = ['WHEN', 'TOOK', 'WHAT'];

/** What people need not read: steps that did not apply, and the end, which is told by itself. */
export function isForPeople(happening: Happening): boolean {
  if (happening.kind === 'step') return happening.status !== 'skipped';
  return happening.kind !== 'phase' || happening.phase !== 'ended';
}

/** When, how long, what. */
export function cellsOf(happening: Happening): Cell[] {
  const endedAt = 'endedAt' in happening ? happening.endedAt : undefined;
  const took = endedAt === undefined ? '' : between(happening.at, endedAt);
  const { style, text } = wordsOf(happening);
  return [{ text: moment(happening.at) }, { text: took }, { text, ...(style && { style }) }];
}

interface Words {
  text: string;
  style?: Style;
}

function wordsOf(happening: Happening): Words {
  switch (happening.kind) {
    case 'step': {
      const { name, note, status } = happening;
      return { text: `step ${name}: ${status}${after(note)}`, style: 'bold' };
    }
    case 'call':
      return callWords(happening);
    case 'wait':
      return { text: `  ${waitWords(happening)}`, style: 'dim' };
    case 'message':
      return { text: messageWords(happening) };
    case 'phase':
      return { text: `it is ${happening.phase}`, ...(happening.phase === 'quarantined' && { style: 'red' }) };
    case 'effect':
      return effectWords(happening);
  }
}

function callWords({ attempts, error, outcome, summary }: Call): Words {
  const again = attempts > 1 ? `, ${count(attempts, 'attempt')}` : '';
  if (outcome === 'failed' || outcome === 'timed out') {
    return { text: `  ${summary}: ${outcome}${again}${after(error)}`, style: 'red' };
  }
  const state = outcome === 'done' ? '' : ` (${outcome})`;
  if (error === undefined) return { text: `  ${summary}${state}${again}` };
  return { text: `  ${summary}${state}${again}; the last that failed: ${error}`, style: 'yellow' };
}

function waitWords({ endedAt, mostMs, name }: Waited): string {
  const what = name === undefined ? 'waits' : `waits (${name})`;
  return `${what}, at most ${duration(mostMs)}${endedAt === undefined ? ', still' : ''}`;
}

function messageWords({ by, from, planHash, reason, refused, times = 1, urgency, verb, wait }: Said): string {
  const about = [urgency, planHash && `plan ${planHash}`, wait].filter((each) => each !== undefined).join(', ');
  const often = times > 1 ? ` (${count(times, 'time')})` : '';
  const denied = refused === undefined ? '' : `; refused: ${refused}`;
  return `${whoWords({ by, from })}: ${verb}${about === '' ? '' : ` (${about})`}${after(reason)}${often}${denied}`;
}

function effectWords({ error, inferred, outcome, subject, verb }: Effect): Words {
  const result = outcome === 'open' ? 'its result is not known yet' : `${outcome}${inferred ? ' (inferred)' : ''}`;
  const text = `  effect ${verb} ${subject ?? ''}: ${result}${after(error)}`;
  return outcome === 'done' ? { text } : { text, style: outcome === 'failed' ? 'red' : 'yellow' };
}

const after = (text: string | undefined) => (text === undefined ? '' : `: ${text}`);

const uses: Readonly<Record<Evidence['lastUse'], string>> = {
  unused: 'is unused',
  indicative: 'is unused, as far as the provider tells',
  'cannot tell': 'may be in use: the provider cannot tell',
  waived: 'may be in use: that was waived',
};

/** Why a key was let go. */
export function evidenceWords({ at, consumers, going, lastUse, omitted, quietSince, readBack, staying }: Evidence) {
  const read = readBack.map(({ answer, target, version }) => `${target} (version ${version}${after(answer)})`);
  const heard = consumers.map(({ consumer, instances, omitted = 0, waivedBy }) =>
    waivedBy === undefined
      ? `${consumer} attests, ${count(instances.length + omitted, 'instance')}`
      : `${consumer} was waived by ${waivedBy}`,
  );
  return [
    `at ${moment(at)} ${going} may go, because ${staying} stays:`,
    `  read back and tested: ${listed(read, omitted?.readBack)}`,
    `  consumers: ${listed(heard, omitted?.consumers)}`,
    `  ${going} ${uses[lastUse]}${quietSince === undefined ? '' : `, since ${moment(quietSince)}`}`,
  ];
}

function listed(words: readonly string[], more = 0): string {
  return [...words, ...(more > 0 ? [`${more} more`] : [])].join('; ') || 'none';
}
