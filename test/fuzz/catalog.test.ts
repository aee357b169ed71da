import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isMap, parseDocument } from 'yaml';
import { charactersMax } from '../../catalog/yaml.ts';
import { canary } from './support/canary.ts';
import { assertSettled, valid } from './support/catalogs.ts';
import { fuzz } from './support/fuzz.ts';
import { garbage, mutated, pathsOf, textMutated } from './support/mutations.ts';

test('the catalogs that are altered here are right', async () => {
  for (const text of valid) expect(await assertSettled(text)).toBe('accepted');
});

const plain = valid.map((text) => parseDocument(text).toJS() as Record<string, unknown>);
const catalogs = fc.nat({ max: valid.length - 1 });
const yaml = (tree: unknown) => JSON.stringify(tree, null, 1) ?? '';

/** What YAML gives a meaning of its own. */
const token = fc.constantFrom(
  ...[
    ': ',
    '- ',
    '\n',
    '  ',
    '{',
    '}',
    '[',
    ']',
    ',',
    '? ',
    '| ',
    '>\n',
    '&a ',
    '*a',
    '<<: *a',
    '<<',
    '---\n',
    '...\n',
  ],
  ...[
    '!!str ',
    '!!binary ',
    '!!js/function ',
    '!<tag> ',
    '%YAML 1.1\n',
    '%TAG ! x\n',
    '"',
    "'",
    '#',
    '\t',
    '\r',
    '\u0000',
  ],
  ...[
    '.nan',
    '.inf',
    '1e999',
    '0o17',
    '0x1F',
    '~',
    'null',
    '2026-01-01',
    '__proto__: ',
    'constructor: ',
    '\ufeff',
    '\ud800',
  ],
  ...['\u2028', '\u0085', '\u001b[2J', '\\x', '"\\ud800"', '!', '%', '@', '`', '=', '- - - ', '? ? ? ', '[[[[', '{{{{'],
);
const piece = fc.oneof({ weight: 4, arbitrary: token }, { weight: 1, arbitrary: fc.string({ maxLength: 6 }) });

fuzz(
  'a valid text with pieces cut out, put in or replaced',
  catalogs.chain((at) => textMutated(valid[at] ?? '', piece)),
  assertSettled,
  0.25,
);

fuzz(
  'YAML and what looks like it',
  fc.array(piece, { maxLength: 60 }).map((all) => all.join('')),
  assertSettled,
  0.3,
);

const scalars = fc.oneof(
  garbage,
  token,
  fc.constantFrom('30s', '0', '5m', 'file', 'raw', 'url', `${'1'.repeat(400)}d`, 'UTC'),
);
const changed = catalogs.chain((at) => mutated(plain[at] ?? {}, scalars)).map(yaml);

fuzz('a valid document with values changed, taken out, put in or doubled', changed, assertSettled, 0.25);

/** Where a name stands that errors may repeat: of a part of the credential, or of a field of its key. */
const isName = (path: readonly unknown[]) => path.includes('json') || ['name', 'reads'].includes(String(path.at(-1)));
const leaves = plain.flatMap((tree, at) =>
  pathsOf(tree)
    .filter((path) => path.length > 2 && !isName(path))
    .map((path) => ({ at, path })),
);
const secretText = fc.constantFrom(
  canary,
  `postgres://u:${canary}@h/`,
  `"${canary}"`,
  `${canary}\n`,
  `{env: ${canary}`,
  ` ${canary} `,
);
const planted = fc
  .tuple(fc.constantFrom(...leaves), secretText, fc.boolean())
  .map(([{ at, path }, secret, isUnknown]) => {
    const document = parseDocument(valid[at] ?? '');
    const below = document.getIn(path);
    document.setIn(isUnknown && isMap(below) ? [...path, 'stray'] : path, secret);
    return document.toString({ lineWidth: 0 });
  });

fuzz('a secret that stands where none may is never repeated', planted, assertSettled, 0.15);

const depths = fc.constantFrom(2, 30, 60, 1_000, 5_000);
const deep = fc
  .tuple(depths, fc.constantFrom('[', '{a: ', '- ', '? ', 'a:\n ', '!!x ', '&x [', '"', '- &a\n - *a\n'))
  .map(([depth, open]) => open.repeat(depth));
/** Nine levels of nine aliases each stand for hundreds of millions of values. */
const bombs = fc.tuple(fc.integer({ min: 2, max: 9 }), fc.integer({ min: 2, max: 9 })).map(([levels, width]) => {
  const line = (level: number) =>
    `l${level}: &l${level} [${Array(width)
      .fill(level === 0 ? 'x' : `*l${level - 1}`)
      .join(', ')}]`;
  return [...Array(levels).keys()].map(line).join('\n');
});
const hostile = fc.oneof(
  deep,
  bombs.map((bomb) => `${bomb}\n${valid[0]}`),
  bombs.map((bomb) => `credentials:\n  ${bomb.replaceAll('\n', '\n  ')}\n`),
  fc.constantFrom(
    '&a [*a]',
    '&a {b: *a}',
    'credentials: &a {a/b: *a}',
    'a: &a *a',
    `${'k'.repeat(2_000)}: 1`,
    '? [a, b]\n: c\n',
  ),
  fc.constantFrom(
    '__proto__: {polluted: 1}',
    'credentials: {__proto__: {polluted: 1}, constructor: {prototype: {polluted: 1}}}',
  ),
  fc.tuple(token, fc.nat({ max: 400 })).map(([text, times]) => text.repeat(times)),
);

fuzz(
  'hostile YAML',
  hostile,
  async (text) => {
    await assertSettled(text);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  },
  0.02,
);

const big = 400_000;
test.each([
  ['a long scalar', `credentials: ${'x'.repeat(big)}`],
  ['a long quoted scalar', `credentials: "${'\\n'.repeat(big / 2)}"`],
  ['many fields', Array.from({ length: 30_000 }, (_, at) => `k${at}: 1`).join('\n')],
  ['many equal fields', 'k: 1\n'.repeat(30_000)],
  ['many documents', '--- a\n'.repeat(5_000)],
  ['many aliases', `a: &a x\nb: [${'*a,'.repeat(30_000)}]`],
  ['many anchors', `[${'&a x,'.repeat(30_000)}]`],
  ['many spaces', ' '.repeat(big)],
  ['many brackets', '['.repeat(big)],
  ['many quotes', `"${'"'.repeat(big / 20)}`],
  [
    'what a search for secrets could stumble over',
    `# ${'a://:'.repeat(big / 5)} ${'eyJ'.repeat(big / 4)} ${'Bearer '.repeat(10_000)}`,
  ],
  ['a word without end', `credentials: ${'x'.repeat(charactersMax - 100)}`],
  ['more than is read at all', 'x'.repeat(charactersMax + 1)],
])('is done with %s', async (_name, text) => {
  expect(await assertSettled(text)).toBe('refused');
});
