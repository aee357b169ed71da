import { readFile } from 'node:fs/promises';
import type { ChainHead } from '../connectors/audit/verify.ts';
import { type BundleVerification, verifyBundle } from '../connectors/audit/verify-bundle.ts';
import { KeyturnError } from '../contract/index.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import type { Output } from './output.ts';
import type { Shell } from './shell.ts';
import { count, printable } from './words.ts';

/** Checks a bundle of `audit bundle`: with nothing but the file, and what is known from elsewhere. */
export async function verifyBundleFile(
  { out }: Shell,
  file: string,
  known: { head?: ChainHead; key?: string },
): Promise<ExitCode> {
  const found = await verifyBundle(await read(file), {
    ...(known.head && { head: known.head }),
    ...(known.key !== undefined && { key: known.key }),
  });
  out.result(found.ok ? soundWords(out, file, found, known) : brokenWords(out, file, found));
  out.data(dataOf(file, found));
  return found.ok ? exitCodes.ok : exitCodes.unexpected;
}

async function read(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch(({ code }: NodeJS.ErrnoException) => {
    throw new KeyturnError('not-found', `the bundle ${file} cannot be read (${code ?? 'unknown error'})`, {
      fix: 'name a file that is there and that you may read',
    });
  });
  try {
    return JSON.parse(text);
  } catch {
    // Which is no bundle, as whoever checks it says.
    return undefined;
  }
}

type Sound = Extract<BundleVerification, { ok: true }>;
type Broken = Exclude<BundleVerification, { ok: true }>;

function brokenWords(out: Output, file: string, { problem, seq }: Broken): string {
  return `${out.paint('red', 'BROKEN ')} ${file}\n        ${seq === null ? '' : `at ${seq}: `}${printable(problem)}`;
}

function soundWords(out: Output, file: string, found: Sound, known: { head?: ChainHead; key?: string }): string {
  const { bundle, head, hidden } = found;
  const { credential, records, rotation, summary } = bundle;
  const ended = summary.end === null ? 'it has no end' : `${summary.end.outcome}, ${summary.end.endedAt}`;
  const lines = [
    `${credential}, rotation ${rotation}: ${ended}`,
    `${count(records.length, 'record')}, ${count(summary.effects.length, 'effect')}: unaltered, each in its place in the chain`,
    ...(hidden > 0 ? [`${count(hidden, 'record')} of others between them`] : []),
    signatureWords(found, known.key),
    `the chain's head then: ${head.seq}:${head.hash}${known.head ? '; the known head is on it' : ''}`,
  ];
  return [`${out.paint('green', 'ok     ')} ${file}`, ...lines.map((line) => `        ${printable(line)}`)].join('\n');
}

function signatureWords({ close, signedBy }: Sound, known: string | undefined): string {
  if (signedBy === null) {
    const end = close === 'verified' ? ', but the end of the rotation is' : '';
    return `not signed${end}: compare the head with one that you know`;
  }
  const whose = known === undefined ? 'whose that is you have to know: name it with --key' : 'the known one';
  return `signed by the key ${signedBy}; ${whose}`;
}

function dataOf(file: string, found: BundleVerification): object {
  if (!found.ok) return { ok: false, file, seq: found.seq, problem: found.problem };
  const { bundle, close, head, hidden, signedBy } = found;
  const { credential, records, rotation, summary } = bundle;
  return {
    ...{ ok: true, file, credential, rotation, outcome: summary.end?.outcome ?? null },
    ...{ records: records.length, hidden, signedBy, close, head },
  };
}
