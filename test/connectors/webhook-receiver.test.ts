import { randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';
import { connector } from '../../connectors/consumers/webhook/index.ts';
import { readChange, verifyWebhook } from '../../connectors/consumers/webhook/receiver.ts';

const secret = `whsec_${randomBytes(24).toString('base64')}`;
const ref = { env: 'HMAC_KEY' };
const nowMs = Date.parse('2026-03-01T00:00:00.900Z');

describe('the receiver', () => {
  const signedAt = (atMs: number, body = '{}') => {
    const at = new Date(atMs);
    return {
      'webhook-id': 'm1',
      'webhook-timestamp': String(Math.floor(atMs / 1_000)),
      'webhook-signature': new Webhook(secret).sign('m1', at, body),
    };
  };
  const verify = (headers: Parameters<typeof verifyWebhook>[0], options = {}) =>
    verifyWebhook(headers, '{}', secret, { nowMs, ...options });
  const unauthorized = expect.objectContaining({ kind: 'unauthorized' });

  test('takes headers of Node, of fetch, and in any case; bodies as text or bytes', () => {
    const headers = signedAt(nowMs);
    verify(headers);
    verify(new Headers(headers));
    verify({
      'Webhook-Id': 'm1',
      'WEBHOOK-TIMESTAMP': headers['webhook-timestamp'],
      'webhook-signature': headers['webhook-signature'],
    });
    verifyWebhook(headers, Buffer.from('{}'), secret, { nowMs });
  });

  test.each([-301, -299, 0, 299, 301])('a message from %i seconds away', (seconds) => {
    const work = () => verify(signedAt(nowMs + seconds * 1_000));
    if (Math.abs(seconds) > 300) expect(work).toThrow(unauthorized);
    else work();
  });

  test('the tolerance can be chosen', () => {
    verify(signedAt(nowMs - 3_000_000), { toleranceMs: 3_600_000 });
    expect(() => verify(signedAt(nowMs - 3_000), { toleranceMs: 1_000 })).toThrow(unauthorized);
  });

  test('another secret, id, time or body is not genuine', () => {
    const good = signedAt(nowMs);
    const foreign = `whsec_${randomBytes(24).toString('base64')}`;
    expect(() => verifyWebhook(good, '{}', foreign, { nowMs })).toThrow(unauthorized);
    expect(() => verifyWebhook(good, '{ }', secret, { nowMs })).toThrow(unauthorized);
    expect(() => verify({ ...good, 'webhook-id': 'm2' })).toThrow(unauthorized);
    expect(() => verify({ ...good, 'webhook-timestamp': String(Number(good['webhook-timestamp']) + 1) })).toThrow(
      unauthorized,
    );
    expect(() => verify({ ...good, 'webhook-timestamp': `${good['webhook-timestamp']}x` })).toThrow(unauthorized);
    for (const signature of ['v1,', 'v1', '', good['webhook-signature'].replace('v1,', 'v2,')]) {
      expect(() => verify({ ...good, 'webhook-signature': signature })).toThrow(unauthorized);
    }
    for (const name of Object.keys(good)) expect(() => verify({ ...good, [name]: undefined })).toThrow(unauthorized);
  });

  test('while the secret itself is rotated, both sides may have two', () => {
    const good = signedAt(nowMs);
    const other = `whsec_${randomBytes(24).toString('base64')}`;
    verifyWebhook(good, '{}', [other, secret], { nowMs });
    verify({ ...good, 'webhook-signature': `v1,AAAA ${good['webhook-signature']}` });
    expect(() => verifyWebhook(good, '{}', [], { nowMs })).toThrow(unauthorized);
  });

  test('a body of another kind or version is invalid', () => {
    for (const body of ['', 'null', '{}', JSON.stringify({ schema_version: 2, type: 'credential.change', data: {} })]) {
      expect(() => readChange(body)).toThrow(expect.objectContaining({ kind: 'invalid' }));
    }
  });
});

describe('config', () => {
  const problems = (options: object) =>
    connector.schema
      .safeParse({ type: 'webhook', url: 'https://x.example/', secret: ref, ...options })
      .error?.issues.map((issue) => issue.message) ?? [];
  test.each([
    'https://x.example/keyturn',
    'http://127.0.0.1:8080/',
    'http://127.9.9.9/',
    'http://[::1]:8080/',
    'http://localhost:8080/',
  ])('%s needs no leave', (url) => expect(problems({ url })).toEqual([]));

  test.each([
    'http://10.1.2.3/',
    'http://172.31.0.1/',
    'http://192.168.1.1:8080/x',
    'http://[fd00::1]/',
    'http://orders.shop.svc.cluster.local/',
    'http://orders.shop.svc:8080/',
    'http://orders.internal/',
  ])('%s needs leave', (url) => {
    expect(problems({ url })).toEqual([expect.stringContaining('https')]);
    expect(problems({ url, insecure: true })).toEqual([]);
    expect(problems({ statusUrl: url })).toEqual([expect.stringContaining('https')]);
  });

  test.each([
    'http://x.example/',
    'http://172.32.0.1/',
    'http://8.8.8.8/',
    'http://[2001:db8::1]/',
    'http://internal.example.com/',
    'http://127.0.0.1.example.com/',
    'http://localhost.example.com/',
    'https://u:p@x.example/',
    'https://x.example/#f',
    'ftp://10.0.0.1/',
    'x.example',
    '',
  ])('%s is refused, with or without leave', (url) => {
    expect(problems({ url })).not.toEqual([]);
    expect(problems({ url, insecure: true })).not.toEqual([]);
  });

  test('an address written in another way is the same address', () => {
    expect(problems({ url: 'http://2130706433/' })).toEqual([]);
    expect(problems({ url: 'http://0x8080808/', insecure: true })).not.toEqual([]);
  });

  test('a secret must be a reference, and not stand there', () => {
    const issues = problems({ secret: 'whsec_zebra' });
    expect(issues).not.toEqual([]);
    expect(issues.join()).not.toContain('zebra');
    expect(problems({ timeout: '5m' })).not.toEqual([]);
  });
});
