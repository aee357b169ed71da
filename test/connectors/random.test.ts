import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { connector } from '../../connectors/providers/random/index.ts';
import type { Context, KeyturnError, KeyValue, NewKey } from '../../contract/index.ts';
import { Secret } from '../../contract/index.ts';
import { testContext } from '../support/context.ts';
import { type HttpDouble, httpDouble, nobodyHome } from '../support/http-double.ts';

const base = testContext();

/** The same bytes in every run: a counter through SHA-256. */
function seeded(seed: string): Context {
  let counter = 0;
  const block = () => createHash('sha256').update(`${seed}/${counter++}`).digest();
  return {
    ...base,
    random: (bytes) => Buffer.concat(Array.from({ length: Math.ceil(bytes / 32) }, block)).subarray(0, bytes),
  };
}
const providerWith = (config: object) => connector.open(connector.schema.parse({ type: 'random', ...config }));
async function choose(config: object, ctx: Context = base): Promise<NewKey> {
  const chosen = await providerWith(config).choose?.(ctx, { held: 'stored/old', keys: [] });
  return chosen ?? expect.fail('it chooses');
}
const textOf = (key: NewKey) => key.value.value?.reveal() ?? '';
const problems = (config: object) =>
  connector.schema.safeParse({ type: 'random', ...config }).error?.issues.map((issue) => issue.message) ?? [];
const failureOf = (work: Promise<unknown> | undefined): Promise<KeyturnError> =>
  (work ?? Promise.resolve()).then(
    () => expect.fail('it should have failed'),
    (error: KeyturnError) => error,
  );

describe('choose', () => {
  test('has the length, the prefix and the alphabet', async () => {
    expect(textOf(await choose({}))).toMatch(/^[A-Za-z0-9]{32}$/);
    expect(textOf(await choose({ alphabet: 'hex', length: 64, prefix: 'sk_' }))).toMatch(/^sk_[0-9a-f]{64}$/);
    expect(textOf(await choose({ alphabet: { characters: '01' }, length: 128 }))).toMatch(/^[01]{128}$/);
  });

  test('is uniform: no character is favoured by a remainder', async () => {
    const counts = new Map<string, number>();
    const ctx = seeded('uniform');
    for (let round = 0; round < 60; round++) {
      for (const char of textOf(await choose({ length: 1_000 }, ctx))) counts.set(char, (counts.get(char) ?? 0) + 1);
    }
    const expected = 60_000 / 62;
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    expect(counts.size).toBe(62);
    // 61 degrees of freedom: 1 in 10,000 fair draws is above 111. A bare remainder of a byte gives above 300.
    expect(chiSquare).toBeLessThan(111);
  });

  test('the required classes are always there, in no fixed place', async () => {
    const ctx = seeded('classes');
    const digitsAt = new Set<number>();
    for (let round = 0; round < 300; round++) {
      const require = ['lower', 'upper', 'digit', 'symbol'];
      const value = textOf(await choose({ alphabet: 'ascii-symbols', length: 21, require }, ctx));
      for (const one of [/[a-z]/, /[A-Z]/, /[0-9]/, /[^A-Za-z0-9]/]) expect(value).toMatch(one);
      [...value].forEach((char, at) => {
        if (/\d/.test(char)) digitsAt.add(at);
      });
    }
    expect(digitsAt.size).toBe(21);
  });

  test('every field anew, one key', async () => {
    const { key, value } = await choose({ fields: ['id', 'secret'] });
    expect(Object.keys(value)).toEqual(['id', 'secret']);
    expect(value.id?.reveal()).not.toBe(value.secret?.reveal());
    expect(key).toEqual({
      id: expect.stringMatching(/^stored\/[\w-]+$/),
      state: 'active',
      createdAt: expect.any(String),
    });
  });

  test('a source of randomness that is stuck is an error, not an endless loop', async () => {
    const stuck = (byte: number): Context => ({ ...base, random: (bytes) => new Uint8Array(bytes).fill(byte) });
    expect((await failureOf(choose({}, stuck(255)))).kind).toBe('invalid');
    expect((await failureOf(choose({ require: ['digit', 'upper'] }, stuck(0)))).kind).toBe('invalid');
  });
});

describe('config', () => {
  test('fewer than 128 bits are refused, with the length that would do', () => {
    expect(problems({ alphabet: 'hex', length: 31 })).toEqual([expect.stringMatching(/124 bits; 128 need 32$/)]);
    expect(problems({ alphabet: 'hex', length: 32 })).toEqual([]);
    expect(problems({ alphabet: { characters: '0123456789' }, length: 16 })).not.toEqual([]);
    expect(problems({ length: 15 })).not.toEqual([]);
  });
  test('required classes cost bits too', () => {
    expect(problems({ alphabet: 'hex', length: 32, require: ['digit', 'lower'] })).not.toEqual([]);
    expect(problems({ alphabet: 'hex', length: 33, require: ['digit', 'lower'] })).toEqual([]);
  });
  test.each([
    ['a class that the alphabet lacks', { alphabet: 'hex', length: 40, require: ['upper'] }],
    ['a character twice', { alphabet: { characters: 'abca' }, length: 100 }],
    ['an alphabet outside ASCII', { alphabet: { characters: 'abcdé' }, length: 100 }],
    ['a field twice', { fields: ['a', 'a'] }],
    ['an unknown field', { lenght: 40 }],
    ['an accepter by plain http', { accepter: { url: 'http://example.com/' } }],
    ['an accepter in a private network by plain http', { accepter: { url: 'http://10.0.0.1/' } }],
    ['an accepter with a password in its URL', { accepter: { url: 'https://u:p@example.com/' } }],
    ['a header of the connection', { accepter: { url: 'https://example.com/', header: 'Host' } }],
    ['a header that is none', { accepter: { url: 'https://example.com/', header: 'X: y' } }],
  ])('refuses %s', (_what, config) => {
    expect(problems(config)).not.toEqual([]);
  });
  test('powers follow the accepter', () => {
    const powers = (config: object) => connector.powers(connector.schema.parse({ type: 'random', ...config }));
    expect(powers({})).toMatchObject({ verifies: false, chooses: true, disables: false, propagationMsMax: 0 });
    expect(powers({ accepter: { url: 'https://example.com/' }, propagation: '30s' })).toMatchObject({
      verifies: true,
      propagationMsMax: 30_000,
    });
  });
  test('the only field can be the password of a URL; of several, the one that is called so', () => {
    const fieldsOf = (config: object) => connector.fields(connector.schema.parse({ type: 'random', ...config }));
    expect(fieldsOf({})).toEqual({ all: ['value'], main: 'value', password: 'value' });
    expect(fieldsOf({ fields: ['id', 'password'] })).toEqual({
      all: ['id', 'password'],
      main: 'id',
      password: 'password',
    });
    expect(fieldsOf({ fields: ['id', 'value'] })).toEqual({ all: ['id', 'value'], main: 'value' });
  });
});

describe('keyId', () => {
  const identify = (fields: string[], value: Record<string, string>) => {
    const secrets: KeyValue = Object.fromEntries(Object.entries(value).map(([name, text]) => [name, new Secret(text)]));
    return providerWith({ fields }).identify(base, secrets);
  };
  test('is of all fields, in any order, and never holds the value', async () => {
    const id = await identify(['a', 'b'], { a: 'secret-1', b: 'secret-2' });
    expect(id).not.toContain('secret');
    expect(await identify(['b', 'a'], { b: 'secret-2', a: 'secret-1', c: 'more' })).toBe(id);
    expect(await identify(['a', 'b'], { a: 'secret-1', b: 'secret-3' })).not.toBe(id);
  });
  test('cannot be confused by what stands in the fields', async () => {
    expect(await identify(['a', 'b'], { a: 'x', b: 'yz' })).not.toBe(await identify(['a', 'b'], { a: 'xy', b: 'z' }));
    expect(await identify(['a', 'b'], { a: 'x,y', b: 'z' })).not.toBe(await identify(['a', 'b'], { a: 'x', b: 'y,z' }));
    const quoted = await identify(['a', 'b'], { a: '","', b: '' });
    expect(quoted).not.toBe(await identify(['a', 'b'], { a: '', b: '","' }));
  });
  test('is unknown where a field is missing', async () => {
    expect(await identify(['a', 'b'], { a: 'x' })).toBe('unknown');
    expect(await identify(['constructor'], {})).toBe('unknown');
  });
});

describe('without an issuer', () => {
  test('what is held is all that is known, and removing does nothing', async () => {
    const provider = providerWith({});
    expect(await provider.inventory(base, ['stored/a', 'stored/b', 'stored/a'])).toEqual([
      { id: 'stored/a', state: 'active' },
      { id: 'stored/b', state: 'active' },
    ]);
    await provider.remove(base, { id: 'stored/a', state: 'active' });
    await provider.remove(base, { id: 'stored/a', state: 'active' });
  });
  test('it cannot tell whether a value is accepted', async () => {
    const error = await failureOf(providerWith({}).verify(base, { value: new Secret('v') }));
    expect(error).toMatchObject({ kind: 'invalid', message: expect.stringContaining('nobody can be asked') });
  });
});

describe('accepter and smoke test', () => {
  let double: HttpDouble;
  const seen: IncomingMessage[] = [];
  const serve = async (answer: (response: ServerResponse, request: IncomingMessage) => void) => {
    seen.length = 0;
    double = await httpDouble((request, response) => {
      seen.push(request);
      answer(response, request);
    });
    return double.url;
  };
  afterEach(() => double.stop());
  const value = { value: new Secret('the-value') };
  const verify = async (status: number, headers = {}) => {
    const url = await serve((response) => response.writeHead(status, headers).end('the-value'));
    return providerWith({ accepter: { url } }).verify(base, value);
  };
  const smoke = async (status: number, test: object = {}) => {
    const url = await serve((response) => response.writeHead(status).end());
    return providerWith({}).smokeTest?.(base, value, { http: { url: `${url}/orders?x=1`, ...test } });
  };

  test('sends the value in the header that the catalog names', async () => {
    const url = await serve((response) => response.end());
    const accepter = { url: `${url}/check`, header: 'X-Token', prefix: 'tok_', method: 'POST' };
    expect(await providerWith({ accepter }).verify(base, value)).toEqual({ verdict: 'accepted', answer: 'HTTP 200' });
    expect([seen[0]?.method, seen[0]?.url, seen[0]?.headers['x-token']]).toEqual(['POST', '/check', 'tok_the-value']);
    expect(seen[0]?.headers.authorization).toBeUndefined();
  });

  test.each([200, 204])('%i is accepted', async (status) => {
    expect(await verify(status)).toEqual({ verdict: 'accepted', answer: `HTTP ${status}` });
  });
  test.each([401, 403])('%i is refused', async (status) => {
    expect(await verify(status)).toEqual({ verdict: 'refused', answer: `HTTP ${status}` });
  });
  test.each([
    [429, 'rate-limited'],
    [500, 'transient'],
    [503, 'transient'],
    [400, 'invalid'],
    [404, 'not-found'],
  ])('%i is neither', async (status, kind) => {
    const error = await failureOf(verify(status));
    expect(error).toMatchObject({ kind, message: expect.stringContaining(`HTTP ${status}`) });
    expect(error.message).not.toContain('the-value');
  });
  test('the wish of a 429 is heard', async () => {
    expect((await failureOf(verify(429, { 'retry-after': '7' }))).retryAfterMs).toBe(7_000);
  });
  test('a redirect is not followed: the value goes nowhere else', async () => {
    expect((await failureOf(verify(302, { location: '/elsewhere' }))).kind).toBe('invalid');
    expect(seen).toHaveLength(1);
  });
  test('nobody there, and no answer in time, are transient', async () => {
    await serve(() => {});
    const slow = providerWith({ accepter: { url: double.url, timeout: '100ms' } });
    expect(await failureOf(slow.verify(base, value))).toMatchObject({
      kind: 'transient',
      message: expect.stringMatching(/within 100 ms/),
    });
    const gone = providerWith({ accepter: { url: await nobodyHome() } });
    expect(await failureOf(gone.verify(base, value))).toMatchObject({
      kind: 'transient',
      message: expect.stringMatching(/ECONNREFUSED/),
    });
  });
  test.each(['line\nbreak', 'é', 'end ', '\u20ac'])(
    'a value unfit for a header (%j) is refused before it is sent or shown',
    async (text) => {
      const url = await serve((response) => response.end());
      const error = await failureOf(
        providerWith({ accepter: { url } }).verify(base, { value: new Secret(`zebra${text}`) }),
      );
      expect(error.kind).toBe('invalid');
      expect(`${error.message}${error.stack}${error.cause}`).not.toContain('zebra');
      expect(seen).toHaveLength(0);
    },
  );

  test('a smoke test passes on 2xx, or on the one status that it expects', async () => {
    await smoke(204);
    expect(seen[0]?.headers.authorization).toBe('Bearer the-value');
    await double.stop();
    await smoke(404, { expect: 404 });
  });
  test('a smoke test that fails names the place, and not its query', async () => {
    const error = await failureOf(smoke(403));
    expect(error).toMatchObject({
      kind: 'invalid',
      message: expect.stringContaining('/orders answered HTTP 403, expected 2xx'),
    });
    expect(error.message).not.toContain('x=1');
    await double.stop();
    expect((await failureOf(smoke(200, { expect: 201 }))).kind).toBe('invalid');
  });
  test('a smoke test that gets no verdict has not failed', async () => {
    expect((await failureOf(smoke(503))).kind).toBe('transient');
  });
});
