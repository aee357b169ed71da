import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { KeyFields } from '../../contract/index.ts';
import { Secret } from '../../contract/index.ts';

import { check, key, problem, read, wellFormed, write } from './shapes-support.ts';

describe('url', () => {
  test.each([
    [
      'postgres://u:p@h1:5432,h2:5433/db?sslmode=require&x=a@b',
      'postgres://N:W@h1:5432,h2:5433/db?sslmode=require&x=a@b',
    ],
    ['postgresql://u:p@%2Fvar%2Frun%2Fpg/db', 'postgresql://N:W@%2Fvar%2Frun%2Fpg/db'],
    ['postgres://u:p@/db?host=/var/run', 'postgres://N:W@/db?host=/var/run'],
    ['mongodb+srv://u:p@c.example', 'mongodb+srv://N:W@c.example'],
    ['amqps://u:p@[2001:db8::1]:5671/%2F#frag', 'amqps://N:W@[2001:db8::1]:5671/%2F#frag'],
    ['HTTPS://u:a:b:c@EXAMPLE.com:443/../x\n', 'HTTPS://N:W@EXAMPLE.com:443/../x\n'],
    ['redis://:p@h:6379/0', 'redis://N:W@h:6379/0'],
    ['postgres://h/db?user=x@y', 'postgres://N:W@h/db?user=x@y'],
    ['postgres:///db', 'postgres://N:W@/db'],
    ['postgres://u@h', 'postgres://N:W@h'],
  ])('%s', (before, after) => {
    expect(write('url', before, key('N', 'W'))).toBe(after);
    expect(read('url', after)).toEqual({ user: 'N', password: 'W' });
  });

  test('keeps the bytes of a part that already says the same', () => {
    const url = 'postgres://a%2eb:p!%27@h/db';
    expect(read('url', url)).toEqual({ user: 'a.b', password: "p!'" });
    expect(write('url', url, key('a.b', "p!'"))).toBe(url);
    expect(write('url', url, key('a.b', 'new'))).toBe('postgres://a%2eb:new@h/db');
  });

  test('encodes all but the unreserved characters of RFC 3986', () => {
    expect(write('url', 'x://h', key("!'()*", '-._~ aZ9%é'))).toBe('x://%21%27%28%29%2A:-._~%20aZ9%25%C3%A9@h');
  });

  test('a key without a user leaves the user alone', () => {
    const fields: KeyFields = { all: ['value'], main: 'value', password: 'value' };
    const value = { value: new Secret('a@/b') };
    expect(write('url', 'redis://app:x@h', value, fields)).toBe('redis://app:a%40%2Fb@h');
    expect(write('url', 'redis://h', value, fields)).toBe('redis://:a%40%2Fb@h');
    expect(read('url', 'redis://app:a%40%2Fb@h', fields)).toEqual({ value: 'a@/b' });
  });

  test.each([
    ['no URL', 'marker'],
    ['an opaque one', 'jdbc:postgresql://u:marker@h/db'],
    ['a raw @', 'postgres://u:marker@x@h/db'],
    ['a raw slash', 'postgres://u:marker/x@h/db'],
    ['a raw slash after digits', 'postgres://u:123/marker@h/db'],
    ['a raw hash after digits', 'postgres://u:123#marker@h/db'],
    ['a raw space', 'postgres://u:mar ker@h/db'],
    ['a backslash', 'postgres://u:marker\\@h/db'],
    ['no password', 'postgres://marker@h/db'],
    ['no userinfo', 'postgres://marker/db'],
    ['bad percent-encoding', 'postgres://u:marker%zz@h'],
    ['percent-encoded Latin-1', 'postgres://u:marker%ff@h'],
    ['a port in letters', 'postgres://u:marker@h:x/db'],
    ['half a bracket', 'postgres://u:marker@[::1/db'],
  ])('reading refuses %s, without repeating it', (_what, text) => {
    const error = problem(() => read('url', text));
    expect(error.kind).toBe('invalid');
    expect(`${error.message} ${error.fix}`).not.toContain('marker');
  });

  test('writing refuses what it would have to guess', () => {
    for (const text of [undefined, 'text', 'postgres://u:1/x@h', 'postgres://u:1#x@h', 'postgres://u:x@y@h']) {
      expect(problem(() => write('url', text, key('u', 'p'))).kind).toBe('invalid');
    }
    expect(problem(() => write('url', 'x://h', key('u', '\ud800'))).kind).toBe('invalid');
  });

  test('reads back what it wrote; all else is as it was', () => {
    const hosts = fc.array(
      fc.constantFrom('h', 'db-1.internal:5432', '[::1]:80', '[fe80::1%25eth0]', '%2Ftmp', '127.0.0.1', ''),
      {
        minLength: 1,
        maxLength: 3,
      },
    );
    const rest = fc.tuple(fc.webPath(), fc.constantFrom('', '?a=b@c:d/e', '?x', '#f', '?%20#x'));
    const userinfo = fc.constantFrom('', 'a@', 'a:b@', ':b@', ':@', 'a%20b:c:d@', 'a!:$&@');
    check(
      fc.property(userinfo, hosts, rest, wellFormed, wellFormed, (info, names, [path, query], user, password) => {
        const tail = names.join() + (path.includes('@') ? '' : path) + query;
        const written = write('url', `postgres://${info}${tail}`, key(user, password));
        expect(read('url', written)).toEqual({ user, password });
        expect(written.endsWith(`@${tail}`)).toBe(true);
        expect(written.startsWith('postgres://')).toBe(true);
      }),
    );
  });

  test('a standard parser agrees', () => {
    check(
      fc.property(wellFormed, wellFormed, (user, password) => {
        const url = new URL(write('url', 'https://x:y@example.com:8443/p?q#f', key(user, password)));
        expect([decodeURIComponent(url.username), decodeURIComponent(url.password)]).toEqual([user, password]);
        expect([url.host, url.pathname, url.search, url.hash]).toEqual(['example.com:8443', '/p', '?q', '#f']);
      }),
    );
  });
});
