import { createHmac, randomBytes } from 'node:crypto';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { generate } from 'selfsigned';
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { change } from '../../connectors/consumers/webhook/harness.ts';
import { connector } from '../../connectors/consumers/webhook/index.ts';
import { attestationsJson, readChange, verifyWebhook } from '../../connectors/consumers/webhook/receiver.ts';
import { KeyturnError, Secret } from '../../contract/index.ts';
import { testContext } from '../support/context.ts';
import { type HttpDouble, httpDouble } from '../support/http-double.ts';

interface Seen {
  method: string | undefined;
  url: string;
  headers: Record<string, string>;
  body: string;
}
interface Answer {
  status?: number;
  headers?: Record<string, string>;
  body?: string;
}

const secret = `whsec_${randomBytes(24).toString('base64')}`;
const ref = { env: 'HMAC_KEY' };
const ctxWith = (text: string) => testContext({ secrets: { [JSON.stringify(ref)]: new Secret(text) } });
const nowMs = Date.parse('2026-03-01T00:00:00.900Z');
const ctx = { ...ctxWith(secret), now: () => nowMs };

let double: HttpDouble;
let answer: Answer | 'silence' | 'half';
const seen: Seen[] = [];

beforeEach(async () => {
  seen.length = 0;
  answer = {};
  double = await httpDouble((request, response, body) => {
    seen.push({
      method: request.method,
      url: request.url ?? '',
      headers: request.headers as Record<string, string>,
      body,
    });
    if (answer === 'silence') return;
    if (answer === 'half') {
      response.writeHead(200, { 'content-length': '1000' }).write('{"attest', () => response.destroy());
      return;
    }
    response.writeHead(answer.status ?? 200, answer.headers).end(answer.body);
  });
});
afterEach(() => double.stop());

const open = (options: object = {}) =>
  connector.open(
    connector.schema.parse({
      type: 'webhook',
      url: `${double.url}/hook`,
      statusUrl: `${double.url}/status?app=7`,
      secret: ref,
      ...options,
    }),
  );
const only = () => seen[0] ?? expect.fail('nothing was sent');
const failureOf = (work: Promise<unknown>): Promise<KeyturnError> =>
  work.then(
    () => expect.fail('it should have failed'),
    (error: KeyturnError) => error,
  );

describe('what is sent', () => {
  test('the change in snake case, without any value', async () => {
    await open().refresh(ctx, change());
    expect([only().method, only().url, only().headers['content-type']]).toEqual(['POST', '/hook', 'application/json']);
    expect(JSON.parse(only().body)).toEqual({
      schema_version: 1,
      type: 'credential.change',
      data: {
        delivery_id: 'rotation-1/orders/use/key-2/2',
        rotation: 'rotation-1',
        credential: 'production/orders/DATABASE_URL',
        target: 'main',
        verb: 'use',
        key_id: 'key-2',
        version: 'version-2',
        previous_key_id: 'key-1',
        instances: 2,
      },
    });
    expect(readChange(only().body)).toEqual(change());
  });

  test('signed as Standard Webhooks says: HMAC-SHA256 of id, time and body', async () => {
    await open().refresh(ctx, change());
    const { headers, body } = only();
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
    const signed = `rotation-1/orders/use/key-2/2.1772323200.${body}`;
    expect(headers['webhook-id']).toBe('rotation-1/orders/use/key-2/2');
    expect(headers['webhook-timestamp']).toBe('1772323200');
    expect(headers['webhook-signature']).toBe(`v1,${createHmac('sha256', key).update(signed).digest('base64')}`);
  });

  test("any library of the standard's accepts it", async () => {
    await open().refresh(ctxWith(secret), change());
    expect(new Webhook(secret).verify(only().body, only().headers)).toMatchObject({ schema_version: 1 });
  });

  test('a repetition has the same id and bytes, and a time of its own', async () => {
    await open().refresh(ctx, change());
    await open().refresh({ ...ctx, now: () => nowMs + 60_000 }, change());
    const [first, second] = seen;
    expect(second?.body).toBe(first?.body);
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
    expect(Number(second?.headers['webhook-timestamp'])).toBe(Number(first?.headers['webhook-timestamp']) + 60);
  });

  test('an id that does not fit into a header is encoded there, and kept in the body', async () => {
    const odd = change({ deliveryId: 'r/é %\n/1', keyId: 'ключ' });
    await open().refresh(ctx, odd);
    expect(only().headers['webhook-id']).toBe('r/%C3%A9%20%25%0A/1');
    verifyWebhook(only().headers, only().body, secret, { nowMs });
    expect(readChange(only().body)).toEqual(odd);
  });

  test('the question for attestations has a signed query', async () => {
    await open().attested(ctx, change({ keyId: 'a&b=c' }));
    const url = new URL(only().url, double.url);
    expect([only().method, url.pathname]).toEqual(['GET', '/status']);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      app: '7',
      credential: 'production/orders/DATABASE_URL',
      target: 'main',
      rotation: 'rotation-1',
      verb: 'use',
      key_id: 'a&b=c',
    });
    const query = url.search.slice(1);
    verifyWebhook(only().headers, query, secret, { nowMs });
    expect(() => verifyWebhook(only().headers, query.replace('main', 'other'), secret, { nowMs })).toThrow(
      KeyturnError,
    );
  });

  test('without a status URL it cannot be asked', async () => {
    expect(await open({ statusUrl: undefined }).attested(ctx, change())).toBe('unknown');
    expect(seen).toEqual([]);
  });

  test.each([
    'short',
    `whsec_${randomBytes(23).toString('base64')}`,
    'not base64 at all, but long enough to be one!',
    '',
  ])('an unusable HMAC key is invalid, and not shown', async (text) => {
    const error = await failureOf(open().refresh(ctxWith(text), change()));
    expect(error).toMatchObject({ kind: 'invalid', message: expect.stringContaining('24 to 64 bytes') });
    if (text) expect(`${error.message}${error.stack}`).not.toContain(text);
    expect(seen).toEqual([]);
  });
});

describe('what is answered', () => {
  const loaded = { instance: 'orders-1', target: 'main', keyId: 'key-2', status: 'loaded' } as const;

  test('attestations; fields of a later version are passed over', async () => {
    const body = JSON.parse(attestationsJson([loaded, { ...loaded, instance: 'orders-2', version: 'v2' }]));
    body.attestations[0].added_later = true;
    answer = { body: JSON.stringify({ ...body, added_later: 1 }) };
    expect(await open().refresh(ctx, change())).toEqual([loaded, { ...loaded, instance: 'orders-2', version: 'v2' }]);
  });

  test.each<Answer>([{ status: 202, body: 'thank you' }, { status: 204 }, { status: 200, body: '' }, { body: '{}' }])(
    'taken, attested later: %j',
    async (given) => {
      answer = given;
      expect(await open().refresh(ctx, change())).toEqual([]);
    },
  );

  test.each([
    [302, 'invalid'],
    [400, 'invalid'],
    [401, 'unauthorized'],
    [403, 'unauthorized'],
    [404, 'not-found'],
    [408, 'transient'],
    [409, 'conflict'],
    [410, 'not-found'],
    [422, 'invalid'],
    [429, 'rate-limited'],
    [500, 'transient'],
    [503, 'transient'],
  ])('HTTP %i is %s', async (status, kind) => {
    answer = { status, body: 'zebra', headers: { location: `${double.url}/elsewhere` } };
    for (const ask of [open().refresh, open().attested]) {
      const error = await failureOf(ask(ctx, change()));
      expect(error).toMatchObject({ kind, message: expect.stringContaining(`HTTP ${status}`) });
      expect(error.message).not.toContain('zebra');
    }
    expect(seen.map(({ url }) => url.split('?')[0])).toEqual(['/hook', '/status']);
  });

  test.each([
    ['30', 30_000],
    ['Sun, 01 Mar 2026 00:00:10 GMT', 9_100],
    ['Sat, 28 Feb 2026 00:00:00 GMT', undefined],
    ['0', undefined],
    ['999999999', 3_600_000],
    ['soon', undefined],
    ['-5', undefined],
  ])('Retry-After %j', async (header, expected) => {
    answer = { status: 429, headers: { 'retry-after': header } };
    expect(await failureOf(open().refresh(ctx, change()))).toMatchObject({
      kind: 'rate-limited',
      retryAfterMs: expected,
    });
  });

  test('no answer in time is transient', async () => {
    answer = 'silence';
    const error = await failureOf(open({ timeout: '150ms' }).refresh(ctx, change()));
    expect(error).toMatchObject({ kind: 'transient', message: expect.stringContaining('within 150 ms') });
  });

  test('an answer that breaks off is transient, not garbage', async () => {
    answer = 'half';
    expect((await failureOf(open().refresh(ctx, change()))).kind).toBe('transient');
  });

  test('cancellation ends the call', async () => {
    answer = 'silence';
    const abort = new AbortController();
    const call = failureOf(open().refresh({ ...ctx, cancelled: abort.signal }, change()));
    abort.abort();
    expect((await call).message).toContain('cancelled');
  });

  test('a certificate that does not hold is invalid: repeating would not help', async () => {
    const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], { keySize: 2048 });
    const server = createServer({ key, cert }, (_request, response) => response.end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const error = await failureOf(open({ url: `https://localhost:${port}/` }).refresh(ctx, change()));
    expect(error).toMatchObject({ kind: 'invalid', message: expect.stringContaining('TLS certificate') });
    await new Promise((resolve) => server.close(resolve));
  });
});
