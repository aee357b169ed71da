import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { settingsSchema } from '../../contract/index.ts';
import { root } from './run.ts';

// What cannot be built where no engine of containers is, can be read.

interface Instruction {
  name: string;
  rest: string;
}

const instructions = readFileSync(`${root}Dockerfile`, 'utf8')
  .replace(/^#.*\n/gm, '')
  .replace(/\\\n\s*/g, ' ')
  .split('\n')
  .filter((line) => line.trim() !== '')
  .map((line): Instruction => {
    const [name = '', ...rest] = line.split(' ');
    return { name, rest: rest.join(' ') };
  });
const named = (name: string) => instructions.filter((each) => each.name === name).map(({ rest }) => rest);
const last = instructions.slice(instructions.findLastIndex(({ name }) => name === 'FROM'));
const ignored = readFileSync(`${root}.dockerignore`, 'utf8').split('\n');
const given = ignored.filter((line) => line.startsWith('!')).map((line) => line.slice(1));

test('there are several stages, each from an exact version, which is the project’s own Node', () => {
  const { devDependencies } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
  const bases = named('FROM');
  expect(bases.length).toBeGreaterThan(1);
  for (const base of bases)
    expect(base).toMatch(new RegExp(`^node:${RegExp.escape(devDependencies.node)}-trixie(-slim)?( AS \\w+)?$`));
});

test('the last stage installs and builds nothing, and asks for no shell', () => {
  expect(last.filter(({ name }) => name === 'RUN')).toEqual([]);
  for (const { name, rest } of last)
    if (['CMD', 'ENTRYPOINT'].includes(name)) expect(JSON.parse(rest)).toBeInstanceOf(Array);
});

test('it runs as a user by number who is not root, after everything is copied', () => {
  expect(last.filter(({ name }) => name === 'USER').map(({ rest }) => rest)).toEqual(['1000:1000']);
  const names = last.map(({ name }) => name);
  expect(names.lastIndexOf('COPY')).toBeLessThan(names.indexOf('USER'));
});

test('it is stopped by SIGTERM, and asks the worker how it is', () => {
  expect(named('STOPSIGNAL')).toEqual(['SIGTERM']);
  const [check = ''] = named('HEALTHCHECK');
  expect(JSON.parse(check.slice(check.indexOf('[')))).toEqual(['node', '/app/bin/keyturn.js', 'worker', '--health']);
  expect(named('CMD')).toEqual(['["worker"]']);
});

test('what it sets is what the code reads, and the home is its only volume', () => {
  const set = Object.fromEntries(
    [
      ...named('ENV')
        .join(' ')
        .matchAll(/(\w+)=(\S+)/g),
    ].map(([, name, value]) => [name, value]),
  );
  const { NODE_ENV, KEYTURN_CATALOG, ...settings } = set;
  expect({ NODE_ENV, KEYTURN_CATALOG }).toEqual({
    NODE_ENV: 'production',
    KEYTURN_CATALOG: '/etc/keyturn/keyturn.yaml',
  });
  expect(settingsSchema.strict().safeParse(settings).error?.issues ?? []).toEqual([]);
  expect(named('VOLUME')).toEqual([settings.KEYTURN_HOME]);
});

test('nothing secret gets in: no ADD, no ARG, and of this folder only what is named', () => {
  expect([...named('ADD'), ...named('ARG')]).toEqual([]);
  expect(ignored.filter((line) => line !== '' && !line.startsWith('#') && !line.startsWith('!'))).toEqual(['*']);
  expect(given.filter((name) => !existsSync(root + name))).toEqual([]);
  expect(given.filter((name) => /env|keyturn\.yaml|home|secret/.test(name))).toEqual([]);
});

test('all that the build reads is given to it', () => {
  const kept = ['bench', 'test', 'examples', 'docs', 'node_modules', 'dist'];
  const folders = readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && !kept.includes(entry.name))
    .map(({ name }) => name);
  expect(folders.filter((name) => !given.includes(name))).toEqual([]);
  const copied = named('COPY').filter((rest) => !rest.startsWith('--'));
  const sources = copied.flatMap((rest) => rest.split(' ').slice(0, -1)).filter((name) => name !== '.');
  expect(sources.length).toBeGreaterThan(4);
  expect(sources.filter((name) => !given.includes(name))).toEqual([]);
});
