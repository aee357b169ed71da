import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { exitCodes } from '../../cli/exit-codes.ts';
import { readFileVault } from '../../connectors/vaults/file/index.ts';
import { CommandLine, storedCatalog } from './command-line.ts';

const id = 'demo/webhook/SECRET';

function lineWith(catalog = storedCatalog): CommandLine {
  const line = CommandLine.forTest();
  line.catalog(catalog);
  return line;
}

const held = (line: CommandLine, secret = 'webhook/signing') => readFileVault({ home: line.home, secret });

test('the first value comes from standard input, without the line break at its end', async () => {
  const line = lineWith();
  const { code, json, stderr, stdout } = await line.run(['store', id, '--json'], { input: 'the first value\n' });
  expect(code).toBe(exitCodes.ok);
  expect(json).toMatchObject({ credential: id, target: 'main' });
  expect(await held(line)).toMatchObject({ value: 'the first value', version: json.version });
  expect(stdout + stderr).not.toContain('the first value');
});

test('--exact keeps every byte', async () => {
  const line = lineWith();
  await line.run(['store', id, '--exact'], { input: 'value\r\n' });
  expect((await held(line)).value).toBe('value\r\n');
});

test('a target that holds a value is refused, and rotation is named as the way', async () => {
  const line = lineWith();
  await line.run(['store', id], { input: 'first' });
  const { code, stderr } = await line.run(['store', id], { input: 'second' });
  expect(code).toBe(exitCodes.refused);
  expect(stderr).toContain(`keyturn rotate ${id}`);
  expect((await held(line)).value).toBe('first');
});

test('of two at the same time one wins, and the other is refused', async () => {
  const line = lineWith();
  const both = await Promise.all(['one', 'two'].map((input) => line.run(['store', id], { input })));
  expect(both.map(({ code }) => code).sort()).toEqual([exitCodes.ok, exitCodes.refused]);
});

test('it is in the audit, before and after, and nowhere in clear', async () => {
  const line = lineWith();
  await line.run(['store', id], { input: 'a-value-that-nobody-sees' });
  const { stdout } = await line.run(['audit', 'export', id]);
  const entries = stdout
    .trimEnd()
    .split('\n')
    .map((text) => JSON.parse(text).entry);
  expect(entries).toMatchObject([
    { kind: 'intent', verb: 'write', detail: { serves: true, by: expect.stringContaining('@') } },
    { kind: 'result', verb: 'write', outcome: 'done' },
  ]);
  for (const file of readdirSync(line.home, { recursive: true, encoding: 'utf8' })) {
    const path = join(line.home, file);
    if (statSync(path).isFile()) expect(readFileSync(path, 'latin1')).not.toContain('a-value-that-nobody-sees');
  }
});

test.for([
  ['nothing', ''],
  ['a line break alone', '\n'],
])('%s is no value', async ([, input]) => {
  const line = lineWith();
  const { code } = await line.run(['store', id], { input: input ?? '' });
  expect(code).toBe(exitCodes.usage);
  await expect(held(line)).rejects.toThrow();
});

const twoTargets = storedCatalog
  .replace(
    '- { name: main, vault: file, secret: webhook/signing }',
    '- { name: main, vault: file, secret: webhook/signing }\n      - { name: other, vault: file, secret: webhook/other, value: { json: { "a.b": value } } }',
  )
  .replace('name: app', 'name: app, reads: main');

test('of several targets one has to be named', async () => {
  const line = lineWith(twoTargets);
  const unnamed = await line.run(['store', id], { input: 'x' });
  expect(unnamed.code).toBe(exitCodes.usage);
  expect(unnamed.stderr).toContain('--target: main, other');
  const named = await line.run(['store', id, '--target', 'other'], { input: '{"a":{"b":"the value"}}' });
  expect(named.code).toBe(exitCodes.ok);
  expect((await held(line, 'webhook/other')).value).toBe('{"a":{"b":"the value"}}');
});

test('a document in which the value cannot be found is not stored, and not repeated', async () => {
  const line = lineWith(twoTargets);
  const { code, stderr } = await line.run(['store', id, '--target', 'other'], { input: 'no-json-but-secret' });
  expect(code).toBe(exitCodes.usage);
  expect(stderr).not.toContain('no-json-but-secret');
  await expect(held(line, 'webhook/other')).rejects.toThrow();
});
