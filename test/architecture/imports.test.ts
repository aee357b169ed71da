import { expect, it } from 'vitest';
import { filesEndingWith, foldersIn, type Import, importsOf, type Source } from './sources.ts';

const files = filesEndingWith('.ts').map((source) => ({ ...source, imports: importsOf(source) }));
type File = (typeof files)[number];

/** What each folder may import of the others; `types` only as `import type`. Itself always. */
const allowed: Readonly<Record<string, { all: readonly string[]; types?: readonly string[] }>> = {
  contract: { all: [] },
  calendar: { all: ['contract'] },
  connectors: { all: ['contract'] },
  activities: { all: ['calendar', 'connectors', 'contract'] },
  workers: { all: ['activities', 'workflows', 'connectors', 'contract'] },
  workflows: { all: ['contract'], types: ['activities'] },
  client: { all: ['contract'], types: ['workflows'] },
  catalog: { all: ['calendar', 'connectors', 'contract'] },
  cli: { all: ['calendar', 'catalog', 'client', 'connectors', 'contract'], types: ['workflows'] },
  server: { all: ['catalog', 'client', 'connectors', 'contract'], types: ['workflows'] },
};

/** What client and workflow say to each other is defined once, in a file that both import. */
const messages = 'workflows/messages.ts';

const folderOf = (path: string) => path.split('/')[0] ?? '';
const isHarness = (path: string) => /^connectors\/.*\/harness(\.[\w-]+)?\.ts$/.test(path);
const inTests = (path: string) => folderOf(path) === 'test' || isHarness(path);
const inExamples = (path: string) => folderOf(path) === 'examples';
const inBench = (path: string) => folderOf(path) === 'bench';

/** The rule's offenders, one a line, with what to do. */
function offenders(wrong: (file: File, found: Import) => string | false | undefined): string[] {
  return files.flatMap((file) =>
    file.imports.flatMap((found) => {
      const advice = wrong(file, found);
      return advice ? [`${file.path} imports ${found.from}: ${advice}`] : [];
    }),
  );
}

it('finds the files that it watches', () => {
  expect(files.length).toBeGreaterThan(50);
  expect(files.flatMap(({ imports }) => imports).length).toBeGreaterThan(files.length);
});

it('sees every form of import', () => {
  const text = `
    import type { A } from './a.ts';
    import { type B, b } from '../b.ts';
    import { type C } from 'c';
    import './d.ts';
    export * from './e.ts';
    export type { F } from './f.ts';
    const g = await ${'import'}('./g.ts');
    type H = ${'import'}('./h.ts').H;
  `;
  const seen = importsOf({ path: 'cli/x.ts', text }).map(({ from, to, typeOnly }) => `${from} ${to} ${typeOnly}`);
  expect(seen.sort()).toEqual([
    '../b.ts b.ts false',
    './a.ts cli/a.ts true',
    './d.ts cli/d.ts false',
    './e.ts cli/e.ts false',
    './f.ts cli/f.ts true',
    './g.ts cli/g.ts false',
    './h.ts cli/h.ts false',
    'c undefined true',
  ]);
});

it('every folder of code has its place in the rules', () => {
  const known = [...Object.keys(allowed), 'test', 'examples', 'bench', 'scripts'];
  const strangers = files.filter(({ path }) => path.includes('/') && !known.includes(folderOf(path)));
  expect(strangers.map(({ path }) => `${path}: add its folder to the rules of ${import.meta.filename}`)).toEqual([]);
});

it.each(Object.entries(allowed))('%s imports only what stands below it', (folder, rule) => {
  const found = offenders((file, { to, typeOnly }) => {
    if (folderOf(file.path) !== folder || inTests(file.path) || to === undefined) return false;
    const other = folderOf(to);
    if (other === folder || rule.all.includes(other)) return false;
    if (folder === 'client' && to === messages) return false;
    if (rule.types?.includes(other))
      return typeOnly ? false : `make it \`import type\`: ${folder} uses only types of ${other}`;
    return `${folder} may import ${[folder, ...rule.all].join(', ')}; move the code, or pass it in as a parameter`;
  });
  expect(found).toEqual([]);
});

it('contract imports no package but zod', () => {
  const found = offenders(
    ({ path }, { from, to }) =>
      folderOf(path) === 'contract' &&
      to === undefined &&
      from !== 'zod' &&
      'the contract is types, schemas and words; put the code elsewhere',
  );
  expect(found).toEqual([]);
});

it('one connector imports nothing of another', () => {
  const connectorOf = (path: string) => /^connectors\/(?:providers|vaults|consumers|audit)\/[^/]+\//.exec(path)?.[0];
  const found = offenders(({ path }, { to = '' }) => {
    const [own, other] = [connectorOf(path), connectorOf(to)];
    return (
      own &&
      other &&
      own !== other &&
      !inTests(path) &&
      'one folder is one connector; put what they share into connectors/<name>/'
    );
  });
  expect(found).toEqual([]);
});

it('nobody imports workers/', () => {
  const found = offenders(
    ({ path }, { to }) =>
      folderOf(to ?? '') === 'workers' &&
      folderOf(path) !== 'workers' &&
      !inTests(path) &&
      !inExamples(path) &&
      !inBench(path) &&
      'a worker is a process of its own; talk to it through the client',
  );
  expect(found).toEqual([]);
});

it('nobody but tests, examples and the benchmark imports test/', () => {
  const found = offenders(
    ({ path }, { to }) =>
      folderOf(to ?? '') === 'test' &&
      !inTests(path) &&
      !inExamples(path) &&
      !inBench(path) &&
      'move what is needed out of test/, or the test into it',
  );
  expect(found).toEqual([]);
});

it('nobody but its tests imports bench/', () => {
  const found = offenders(
    ({ path }, { to }) =>
      folderOf(to ?? '') === 'bench' &&
      !inBench(path) &&
      !path.startsWith('test/bench/') &&
      'the benchmark measures the product and its stands, which know nothing of it: move the code out of bench/',
  );
  expect(found).toEqual([]);
});

it('only tests import a harness', () => {
  const found = offenders(
    ({ path }, { to }) => to !== undefined && isHarness(to) && !inTests(path) && 'a harness is for tests only',
  );
  expect(found).toEqual([]);
});

it('only the engine and the workflows themselves import @temporalio within workflows/', () => {
  const found = offenders(
    ({ path }, { from }) =>
      folderOf(path) === 'workflows' &&
      from.startsWith('@temporalio/') &&
      !['workflows/engine.ts', messages].includes(path) &&
      !/^workflows\/[\w-]+\.workflow\.ts$/.test(path) &&
      'take it from the Engine (workflows/engine.ts), so that the code also runs under the simulator',
  );
  expect(found).toEqual([]);
});

it('workflows/ imports no built-in of Node', () => {
  const found = offenders(
    ({ path }, { from }) =>
      folderOf(path) === 'workflows' &&
      from.startsWith('node:') &&
      'workflow code must give the same at every replay; do it in an activity',
  );
  expect(found).toEqual([]);
});

it('relative imports end in .ts', () => {
  const found = offenders(
    (_file, { from, to }) => to !== undefined && !/\.(ts|json)$/.test(from) && 'write the file name with .ts',
  );
  expect(found).toEqual([]);
});

it('imports point at files that exist', () => {
  const known = new Set(files.map(({ path }) => path));
  const found = offenders((_file, { to }) => to?.endsWith('.ts') && !known.has(to) && 'there is no such file');
  expect(found).toEqual([]);
});

it('workflows/ takes time and randomness from the engine', () => {
  const wrong = /\bDate\.now\(|\bMath\.random\(|\bnew Date\(\)|\bsetTimeout\(|\bsetInterval\(|\bcrypto\./;
  const found = lines((path) => folderOf(path) === 'workflows' && path !== 'workflows/engine.ts', wrong);
  expect(found.map((line) => `${line}: take it from the Engine (workflows/engine.ts)`)).toEqual([]);
});

it('workflows/ and activities/ know no connector by name', () => {
  const names = ['providers', 'vaults', 'consumers', 'audit'].flatMap((kind) => foldersIn(`connectors/${kind}`));
  expect(names.length).toBeGreaterThan(3);
  // `'file' in ref` asks for a field, not for a connector.
  const wrong = new RegExp(`(['"\`])(${names.join('|')})\\1(?! in\\b)`);
  const found = lines((path) => ['workflows', 'activities'].includes(folderOf(path)), wrong);
  expect(found.map((line) => `${line}: branch on declared powers, not on a connector's name`)).toEqual([]);
});

/** `path:line` of every line that matches, comments apart. */
function lines(inScope: (path: string) => boolean, wrong: RegExp): string[] {
  return files
    .filter(({ path }) => inScope(path))
    .flatMap(({ path, text }: Source) =>
      text
        .split('\n')
        .flatMap((line, index) => (wrong.test(line) && !/^\s*(\/\/|\/?\*)/.test(line) ? [`${path}:${index + 1}`] : [])),
    );
}
