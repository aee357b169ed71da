import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { CommanderError, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { KeyturnError, Secret } from '../contract/index.ts';

const bytesMax = 1_048_576;

/**
 * Reads a value from standard input: all of it, or, on a terminal, one line that is not shown.
 * @param exact keeps a line break at the end, which `echo` and editors add.
 * @throws KeyturnError `invalid` when it is empty, too long, or no text in UTF-8.
 */
export async function readSecret(prompt: string, exact: boolean): Promise<Secret> {
  const text = process.stdin.isTTY ? await askHidden(prompt) : await readAll();
  const value = exact ? text : text.replace(/\r?\n$/, '');
  if (value === '') throw new KeyturnError('invalid', 'no value came on standard input');
  return new Secret(value);
}

async function askHidden(prompt: string): Promise<string> {
  process.stderr.write(prompt);
  const output = new Writable({ write: (_chunk, _encoding, done) => done() });
  const line = createInterface({ input: process.stdin, output, terminal: true });
  try {
    return await new Promise<string>((resolve, reject) => {
      line.once('close', () => reject(new KeyturnError('invalid', 'no value was given')));
      line.question('').then(resolve, reject);
    });
  } finally {
    line.close();
    process.stderr.write('\n');
  }
}

async function readAll(): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > bytesMax) throw new KeyturnError('invalid', `the value is longer than ${bytesMax} bytes`);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks));
  } catch {
    throw new KeyturnError('invalid', 'the value is no text in UTF-8');
  }
}

const harmless = /^error: (missing required argument 'id'|option '--[\w-]+ <\w+>' argument missing)$/;

/** Of a command that reads a value: what stands where nothing belongs may be it, so only those messages are told that repeat nothing. */
export function unquoting<Reading extends CommandUnknownOpts>(command: Reading): Reading {
  const why = `${command.name()} takes the id and the options in its help, nothing else; the value comes from standard input`;
  const said = (message: string) => (harmless.test(message) ? message : `error: ${why}`);
  return command
    .configureOutput({ outputError: (message, write) => write(`${said(message.trimEnd())}\n`) })
    .exitOverride(({ exitCode, code, message }) => {
      throw new CommanderError(exitCode, code, said(message));
    });
}
