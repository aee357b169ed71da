import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkShape, readShape } from '../../connectors/shapes/index.ts';
import type { KeyFields, KeyValue, Shape } from '../../contract/index.ts';
import { KeyturnError, Secret } from '../../contract/index.ts';

import { check, json, key, login, problem, read, write } from './shapes-support.ts';

describe('raw', () => {
  test('is the main field, with every byte', () => {
    expect(read('raw', ' p\n')).toEqual({ password: ' p\n' });
    check(fc.property(fc.string(), (text) => write('raw', 'old', key('u', text)) === text));
  });
  test('needs the main field', () => {
    expect(problem(() => write('raw', 'old', { user: new Secret('u') })).message).toContain("'password'");
  });
});

describe('json', () => {
  const document = `{\r\n\t"n" : 12345678901234567890.10, "n" : 1e400,
  "db": { "port":5432 ,"password" : "o\\u006cd","login":"app", "tags": [ ] }, "é\\/" : null\n}\n`;

  test('changes the strings it names, and no other byte', () => {
    expect(read(json, document)).toEqual({ user: 'app', password: 'old' });
    const written = write(json, document, key('app2', 'n"w\u2028'));
    expect(written).toBe(document.replace('"o\\u006cd"', '"n\\"w\u2028"').replace('"app"', '"app2"'));
  });

  test('leaves what already says the same, however it is written', () => {
    expect(write(json, document, key('app', 'old'))).toBe(document);
  });

  test('fills an empty target, and adds what is not there yet', () => {
    expect(JSON.parse(write(json, undefined, key('u', 'p')))).toEqual({ db: { login: 'u', password: 'p' } });
    const added = write(json, '{"db":{"password":null},"x":1}', key('u', 'p'));
    expect(JSON.parse(added)).toEqual({ db: { password: 'p', login: 'u' }, x: 1 });
    expect(JSON.parse(write(json, '{}', key('u', 'p')))).toEqual({ db: { login: 'u', password: 'p' } });
  });

  test('goes into lists, and knows a literal dot and a literal backslash', () => {
    const shape: Shape = { json: { 'list.1.a\\.b': 'user', 'c\\\\d': 'password' } };
    const text = '{"list": [0, {"a.b": "u"}], "c\\\\d": "p"}';
    expect(read(shape, text)).toEqual({ user: 'u', password: 'p' });
    expect(write(shape, text, key('u2', 'p2'))).toBe(text.replace('"u"', '"u2"').replace('"p"', '"p2"'));
  });

  test.each([
    ['not JSON', 'marker', 'not a JSON document'],
    ['comments', '{"db":{"login":"u","password":"marker"}} // x', 'not a JSON document'],
    ['a list at the top', '["marker"]', 'an array, expected an object'],
    ['a path that is not there', '{"db":{"login":"marker"}}', "nothing at 'db.password'"],
    ['a value of another type', '{"db":{"login":"marker","password":17}}', "a number at 'db.password'"],
    ['a string on the way', '{"db":"marker"}', 'a string at '],
    ['the same name twice', '{"db":{"login":"u","password":"marker","password":"b"}}', 'twice'],
    ['the same name twice, further up', '{"db":{},"db":{"login":"u","password":"marker"}}', 'twice'],
    ['a list too short', '{"db":["marker"]}', 'a list'],
  ])('refuses %s, without repeating it', (_what, text, expected) => {
    const error = problem(() => read(json, text));
    expect(error.kind).toBe('invalid');
    expect(error.message).toContain(expected);
    expect(error.message).not.toContain('marker');
  });

  test('does not overwrite what is no string', () => {
    for (const there of ['{"marker":1}', '["marker"]', '17', 'true']) {
      const error = problem(() => write(json, `{"db":{"login":"u","password":${there}}}`, key('u', 'p')));
      expect(error.message).not.toContain('marker');
    }
  });

  test('a document nested without end is refused, not crashed on', () => {
    const deep = `{"db":${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
    expect(problem(() => read(json, deep)).kind).toBe('invalid');
  });

  test('two places of one field must agree', () => {
    const shape: Shape = { json: { a: 'password', b: 'password' } };
    expect(read(shape, '{"a":"p","b":"p"}')).toEqual({ password: 'p' });
    expect(problem(() => read(shape, '{"a":"p","b":"q"}')).message).toContain("two different values of 'password'");
    expect(write(shape, '{"a":"p","b":"q"}', key('u', 'r'))).toBe('{"a":"r","b":"r"}');
  });

  test('reads back what it wrote; all else is as it was', () => {
    const rest = fc.dictionary(fc.string(), fc.jsonValue()).filter((other) => !('db' in other));
    const indent = fc.constantFrom('', ' ', '\t', '    ');
    check(
      fc.property(
        rest,
        indent,
        fc.string({ unit: 'binary' }),
        fc.string({ unit: 'binary' }),
        (other, gap, user, password) => {
          const before = JSON.stringify({ ...other, db: { login: 'LOGIN', password: 'PASSWORD' } }, null, gap);
          const after = write(json, before, key(user, password));
          expect(read(json, after)).toEqual({ user, password });
          const at = before.lastIndexOf('"LOGIN"');
          expect(after.startsWith(before.slice(0, at))).toBe(true);
          expect(after).toBe(
            before.slice(0, at) +
              before
                .slice(at)
                .replace('"LOGIN"', () => JSON.stringify(user))
                .replace('"PASSWORD"', () => JSON.stringify(password)),
          );
        },
      ),
    );
  });

  test('what the path leads to is what a JSON parser finds there', () => {
    check(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), fc.string({ unit: 'binary' }), (name, password) => {
        const shape: Shape = { json: { [name.replace(/[\\.]/g, '\\$&')]: 'password' } };
        const parsed: unknown = JSON.parse(write(shape, undefined, key('u', password)));
        expect(Object.entries(parsed as object)).toEqual([[name, password]]);
      }),
    );
  });
});

describe('any text', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.json(),
    fc.webUrl({ withQueryParameters: true }),
    fc.string({ unit: fc.constantFrom(...'a1:/@?#[]%\\,{}".') }).map((tail) => `x://${tail}`),
    fc.string({ unit: fc.constantFrom(...'{}[]":,db.1 \\') }),
  );
  test.each<Shape>(['raw', 'url', json])('%j: is read, or refused as invalid; what is read can be written', (shape) => {
    check(
      fc.property(text, (document) => {
        let value: KeyValue;
        try {
          value = readShape(shape, new Secret(document), login);
        } catch (error) {
          expect(error).toMatchObject({ name: 'KeyturnError', kind: 'invalid' });
          return;
        }
        expect(write(shape, document, { ...key('u', 'p'), ...value })).toBe(document);
      }),
    );
  });

  test('no error repeats what stood there', () => {
    const marked = text.map((around) => `${around.slice(0, 5)}zebra-crossing${around.slice(5)}`);
    check(
      fc.property(marked, fc.constantFrom<Shape>('url', json), (document, shape) => {
        for (const work of [
          () => read(shape, document),
          () => write(shape, document, key('zebra-crossing', 'zebra-crossing')),
        ]) {
          try {
            work();
          } catch (error) {
            expect(error).toBeInstanceOf(KeyturnError);
            const { message, fix, cause } = error as KeyturnError;
            expect(`${message} ${fix} ${String(cause)}`).not.toContain('zebra');
          }
        }
      }),
    );
  });
});

test('a shape that cannot hold the key is told in words', () => {
  const value: KeyFields = { all: ['a', 'b'], main: 'a' };
  expect(checkShape('raw', value)).toEqual([]);
  expect(checkShape('url', value)).toEqual([expect.stringContaining('password')]);
  expect(checkShape('url', login)).toEqual([]);
  expect(checkShape(json, login)).toEqual([]);
  expect(checkShape({ json: { x: 'c', y: 'a' } }, value)).toEqual([expect.stringContaining("'x' wants 'c'")]);
  expect(checkShape({ json: { x: 'b' } }, value)).toEqual([expect.stringContaining("no path holds 'a'")]);
  expect(checkShape({ json: { 'x..y': 'a' } }, value)).toEqual([expect.stringContaining('empty part')]);
  expect(checkShape({ json: { x: 'a', 'x.y': 'b' } }, value)).toEqual([expect.stringContaining('leads through')]);
  expect(checkShape({ json: { x: 'a', xy: 'b', 'x\\.y': 'b' } }, value)).toEqual([]);
});
