import fc from 'fast-check';
import { afterEach, describe, expect } from 'vitest';
import { checkShape, readShape, writeShape } from '../../connectors/shapes/index.ts';
import { type KeyFields, type KeyValue, Secret, type Shape, shapeSchema } from '../../contract/index.ts';
import { canary, outcome } from './support/canary.ts';
import { fuzz } from './support/fuzz.ts';
import { garbage, mutated, textMutated } from './support/mutations.ts';

const login: KeyFields = { all: ['user', 'password'], main: 'password', user: 'user', password: 'password' };
const one: KeyFields = { all: ['value'], main: 'value', password: 'value' };

const part = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom('', '@', ':', '/', '%', '%41', '\\', '"', '\ud800', ' ', '#', '?', '__proto__'),
);
/** Holds the canary, whatever stands around it. */
const secretText = fc.tuple(part, part).map(([before, after]) => before + canary + after);
const keys = fc.record({ user: part, password: secretText });

const keyOf = ({ user, password }: { user: string; password: string }): KeyValue => ({
  user: new Secret(user),
  password: new Secret(password),
  value: new Secret(password),
});
const plain = (value: KeyValue) =>
  Object.fromEntries(Object.entries(value).map(([field, secret]) => [field, secret.reveal()]));

const read = (shape: Shape, text: string, fields = login) => outcome(() => readShape(shape, new Secret(text), fields));
const write = async (shape: Shape, text: string | undefined, value: KeyValue, fields = login) => {
  const stored = text === undefined ? undefined : new Secret(text);
  const result = await outcome(() => writeShape(shape, stored, value, fields).reveal());
  return 'value' in result ? result.value : undefined;
};

afterEach(() => expect(({} as { polluted?: unknown }).polluted).toBeUndefined());

describe('raw', () => {
  fuzz(
    'gives back every value',
    fc.tuple(keys, part),
    async ([key, before]) => {
      const text = await write('raw', before, keyOf(key));
      expect(text).toBe(key.password);
      expect(await read('raw', text ?? '')).toMatchObject({ value: { password: new Secret(key.password) } });
    },
    0.2,
  );
});

describe('url', () => {
  const hosts = ['db.internal', 'h:5432', '[::1]:80', 'a,b:1,c', '', '%2Fvar%2Frun', 'h\u00e9'];
  const userinfos = [
    '',
    'u@',
    'u:p@',
    ':p@',
    `orders:${encodeURIComponent(canary)}@`,
    'u:p:q@',
    '%75:%70@',
    'u:%zz@',
    'a@b:c@',
    'u:p/w@',
  ];
  const tails = ['', '/', '/orders?sslmode=require&x=%40', '?a=@', '#f', '/a@b', '/x y', '\n', '/%'];
  const url = fc
    .tuple(
      fc.constantFrom('postgres://', 'amqps://', 'redis+tls://', 'jdbc:x://', 'HTTP://', '://', ''),
      fc.constantFrom(...userinfos),
      fc.constantFrom(...hosts),
      fc.constantFrom(...tails),
    )
    .map((parts) => parts.join(''));
  const documents = fc.oneof(
    url,
    url.chain((text) => textMutated(text, part)),
    part,
  );

  fuzz(
    'gives back every value and keeps the rest byte for byte',
    fc.tuple(documents, keys, fc.boolean()),
    async ([document, key, isLogin]) => {
      const fields = isLogin ? login : one;
      const text = await write('url', document, keyOf(key), fields);
      if (text === undefined) return;
      const expected = isLogin ? key : { value: key.password };
      expect(await read('url', text, fields)).toEqual({ value: expect.anything() });
      expect(plain(readShape('url', new Secret(text), fields))).toEqual(expected);
      const [, head = '', rest = ''] = /^([^:]*:\/\/)(?:[^/?#]*@)?(.*)$/s.exec(document) ?? [];
      expect(text.startsWith(head) && text.endsWith(`@${rest}`)).toBe(true);
      if (isLogin) expect(text).toMatch(/^[^:]*:\/\/[^:@/?#\s]*:[^@/?#\s]*@/);
      // Again with the same value: nothing moves. And back: what the document said before, it says again.
      expect(await write('url', text, keyOf(key), fields)).toBe(text);
      const before = await read('url', document, fields);
      if ('value' in before && document.isWellFormed()) {
        expect(await read('url', (await write('url', text, before.value, fields)) ?? '', fields)).toEqual(before);
      }
    },
  );

  fuzz(
    'reads any text, or says that it cannot',
    documents,
    async (text) => {
      await read('url', text + canary);
      await read('url', canary + text);
      await read('url', `postgres://u:${canary}${text}@h/`);
    },
    0.5,
  );
});

describe('json', () => {
  const document = {
    db: { login: 'orders', password: canary, port: 5432 },
    'a.b': { '\\': 'x' },
    list: [{ p: 'q' }, 'r'],
    n: null,
    t: true,
  };
  const segment = fc.oneof(
    fc.constantFrom(
      'db',
      'login',
      'password',
      'a\\.b',
      '\\\\',
      'list',
      '0',
      '1',
      'p',
      'n',
      'new',
      '__proto__',
      'constructor',
      'prototype',
      'toString',
      '',
    ),
    fc.string({ maxLength: 4 }),
  );
  const path = fc.array(segment, { minLength: 1, maxLength: 3 }).map((segments) => segments.join('.'));
  const field = fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom('user', 'password') },
    { weight: 1, arbitrary: fc.constantFrom('__proto__', 'constructor', 'other') },
  );
  const shapes = fc.oneof(
    fc.constant<Shape>({ json: { 'db.login': 'user', 'db.password': 'password' } }),
    fc
      .array(fc.tuple(path, field), { minLength: 1, maxLength: 3 })
      .map((entries): Shape => ({ json: Object.fromEntries(entries) })),
  );
  const spaced = fc
    .tuple(mutated(document), fc.constantFrom(undefined, 1, '\t'))
    .map(([tree, space]) => JSON.stringify(tree, null, space) ?? '');
  const documents = fc.oneof(
    spaced,
    spaced,
    fc.constant(JSON.stringify(document)),
    textMutated(JSON.stringify(document), part),
    fc.constantFrom(
      '{"db":{},"db":{}}',
      '{}',
      '[]',
      ` {"db": {"password" : "${canary}" ,"password":"x"}}`,
      '{"__proto__":{}}',
      '[['.repeat(20_000),
      '{"db":'.repeat(3_000),
    ),
  );

  fuzz('gives back every value and keeps the rest', fc.tuple(shapes, documents, keys), async ([shape, text, key]) => {
    const value = keyOf(key);
    const written = await write(shape, text, value);
    if (written === undefined) return;
    const held = typeof shape === 'string' ? [] : Object.values(shape.json);
    const readBack = await read(shape, written);
    if (!('value' in readBack)) return expect.fail('what was written cannot be read');
    expect(plain(readBack.value)).toEqual(Object.fromEntries(held.map((name) => [name, plain(value)[name]])));
    expect(await write(shape, written, value)).toBe(written);
    expect(await othersIn(shape, written)).toEqual(await othersIn(shape, text));
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  /** All else of the document: the shape's own places are made the same. */
  async function othersIn(shape: Shape, text: string): Promise<string | undefined> {
    return write(shape, text, keyOf({ user: 'same', password: 'same' }));
  }

  fuzz(
    'makes a document where there is none',
    fc.tuple(shapes, keys),
    async ([shape, key]) => {
      const written = await write(shape, undefined, keyOf(key));
      if (written === undefined) return;
      const found = await read(shape, written);
      expect('value' in found && Object.values(plain(found.value))).not.toBe(false);
      expect(JSON.parse(written)).toBeTypeOf('object');
    },
    0.3,
  );

  fuzz(
    'reads any document, or says that it cannot',
    fc.tuple(shapes, documents),
    ([shape, text]) => read(shape, text),
    0.5,
  );

  fuzz(
    'says what is wrong with a shape, in a shape that was accepted',
    fc.oneof(mutated({ json: { 'db.password': 'password' } }), garbage),
    async (made) => {
      const { success, data: shape } = shapeSchema.safeParse(made);
      if (!success) return;
      const problems = checkShape(shape, login);
      const result = await outcome(() =>
        writeShape(shape, new Secret('{}'), keyOf({ user: 'u', password: 'p' }), login),
      );
      if (shape !== 'url') expect('error' in result).toBe(problems.length > 0);
    },
    0.3,
  );
});
