import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { parseSync } from 'oxc-parser';
import { expect, test } from 'vitest';
import { root } from './run.ts';

/** What others build on: a name that goes, or gets another meaning, is a new major version. */

const documentation = readFileSync(`${root}docs/library.md`, 'utf8');
const { exports } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { exports: Record<string, unknown> };

function exported(file: string): { values: string[]; types: string[] } {
  const { module } = parseSync(file, readFileSync(root + file, 'utf8'));
  const entries = module.staticExports.flatMap((each) => each.entries);
  const names = (isType: boolean) =>
    entries.filter((each) => each.isType === isType).map((each) => each.exportName.name ?? '*');
  return { values: names(false).sort(), types: names(true).sort() };
}

test('there are these entrances', () => {
  expect(exports).toEqual({
    '.': { types: './dist/index.d.ts', default: './dist/index.js' },
    './application': { types: './dist/application.d.ts', default: './dist/application.js' },
    './testing': { types: './dist/test/conformance/index.d.ts', default: './dist/test/conformance/index.js' },
    './package.json': './package.json',
  });
});

test.each([
  ['index.ts', 'keyturn'],
  ['application.ts', 'keyturn/application'],
  ['test/conformance/index.ts', 'keyturn/testing'],
])('%s exports what is pinned', (file, name) => {
  expect(exported(file)).toMatchSnapshot(name);
});

test.each(['index.ts', 'application.ts', 'test/conformance/index.ts'])('every name of %s is documented', (file) => {
  const { types, values } = exported(file);
  expect([...values, ...types].filter((name) => !documentation.includes(`\`${name}\``))).toEqual([]);
});

test('what they export is there', async () => {
  const here: object = await import('../../index.ts');
  expect(Object.keys(here).sort()).toEqual(exported('index.ts').values);
  const testing: object = await import('../conformance/index.ts');
  expect(Object.keys(testing).sort()).toEqual(exported('test/conformance/index.ts').values);
});

test('the package holds what was built, the program, and a few words', () => {
  const text = execFileSync('npm', ['pack', '--dry-run', '--ignore-scripts', '--json'], {
    cwd: root,
    encoding: 'utf8',
  });
  const [{ files }] = JSON.parse(text) as [{ files: { path: string }[] }];
  const top = new Set(files.map(({ path }) => path.replace(/\/.*/, '/')));
  // In a clone in which nothing was built yet, there is nothing of it to pack.
  const built = existsSync(`${root}dist`) ? ['dist/'] : [];
  expect([...top].sort()).toEqual(
    ['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md', 'bin/', 'package.json', ...built].sort(),
  );
});
