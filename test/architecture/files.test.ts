import { expect, it } from 'vitest';
import { filesEndingWith } from './sources.ts';

const linesMax = 400;
const codeEndings = ['.ts', '.js', '.mjs', '.py', '.sh'];
const textEndings = [...codeEndings, '.md', '.json', '.yaml', '.yml', '.toml', '.html', '.css', '.txt'];
const generated = new Set(['package-lock.json']);

it(`no file outside test/ has more than ${linesMax} lines`, () => {
  const long = filesEndingWith(...codeEndings).filter(
    ({ path, text }) => !path.startsWith('test/') && text.split('\n').length > linesMax + 1,
  );
  expect(long.map(({ path }) => `${path}: divide it, so that it can be read in one sitting`)).toEqual([]);
});

/** Folders that exist on one developer's or build machine only. Put together so that this file does not match itself. */
const machinePaths = new RegExp(
  `(^|[\\s"'\`(=:])(/(${['work', 'home', 'Users', 'root'].join('|')})/[\\w.-]+|[A-Z]:\\\\Users\\\\)`,
);

it('no file names a path of one machine', () => {
  const found = filesEndingWith(...textEndings)
    .filter(({ path }) => !generated.has(path))
    .flatMap(({ path, text }) =>
      text.split('\n').flatMap((line, index) => (machinePaths.test(line) ? [`${path}:${index + 1}`] : [])),
    );
  expect(found.map((place) => `${place}: name it relative to the repository or through a setting`)).toEqual([]);
});

it('no file has a merge conflict in it', () => {
  const found = filesEndingWith(...textEndings).filter(({ text }) => /^(<{7}|>{7}) /m.test(text));
  expect(found.map(({ path }) => `${path}: settle the conflict`)).toEqual([]);
});
