import { expect, test } from 'vitest';
import { exitCodes } from '../../cli/exit-codes.ts';
import { readFileVault } from '../../connectors/vaults/file/index.ts';
import { CommandLine, storedCatalog } from '../cli/command-line.ts';

/** Arguments can be read by everybody on the machine: no value has a place there. */

const id = 'demo/webhook/SECRET';
const value = 'a-value-typed-in-the-wrong-place';

function lineWith(catalog: string): CommandLine {
  const line = CommandLine.forTest();
  line.catalog(catalog);
  return line;
}

test.each([
  ['as an argument', [value]],
  ['as an option', ['--value', value]],
  ['as an option with an equals sign', [`--value=${value}`]],
  ['as the name of an option', [`--${value}`]],
  ['behind a letter', [`-v${value}`]],
  ['with an option that takes none', [`--exact=${value}`]],
])('a value given %s is refused and not repeated, and nothing is stored', async (_what, given) => {
  const line = lineWith(storedCatalog);
  const { code, stdout, stderr } = await line.run(['store', id, ...given, '--json'], { input: 'the first value' });
  expect(code).toBe(exitCodes.usage);
  expect(stderr).toContain('the value comes from standard input');
  expect(stdout).toContain('the value comes from standard input');
  expect(stdout + stderr).not.toContain(value);
  const held = readFileVault({ home: line.home, secret: 'webhook/signing' });
  await expect(held).rejects.toMatchObject({ kind: 'not-found' });
});

test.each([
  [[], "missing required argument 'id'"],
  [[id, '--target'], "option '--target <name>' argument missing"],
])('what store wants and was not given is said: %j', async (given, message) => {
  const { code, stderr } = await lineWith(storedCatalog).run(['store', ...given]);
  expect(code).toBe(exitCodes.usage);
  expect(stderr).toContain(message);
});

test('a secret in the catalog’s file is refused by each command that reads it, and not repeated', async () => {
  const line = lineWith(storedCatalog.replace('owner: demo', `owner: "postgres://me:${value}@db.internal/x"`));
  for (const args of [['check'], ['store', id], ['rotate', id]]) {
    const { code, stdout, stderr } = await line.run(args, { input: 'the first value' });
    expect({ args, code }).toEqual({ args, code: exitCodes.usage });
    expect(stderr).toContain('what looks like a URL with a password');
    expect(stdout + stderr).not.toContain(value);
  }
});
