import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { change } from '../../connectors/consumers/webhook/harness.ts';
import { connector } from '../../connectors/consumers/webhook/index.ts';
import { attestationsJson, type IncomingHeaders, verifyWebhook } from '../../connectors/consumers/webhook/receiver.ts';
import { Secret } from '../../contract/index.ts';
import { testContext } from '../support/context.ts';
import { type HttpDouble, httpDouble } from '../support/http-double.ts';

/** What the secret of one consumer's webhook is good for, and what stands between Keyturn and a consumer. */

const newSecret = () => `whsec_${randomBytes(32).toString('base64')}`;
const [ofOrders, ofBilling] = [newSecret(), newSecret()];

let delivery: { headers: IncomingHeaders; body: string };
let between: HttpDouble;
beforeEach(async () => {
  between = await httpDouble((request, response, body) => {
    delivery = { headers: request.headers, body };
    const said = { instance: 'forged', target: 'main', keyId: 'key-2', status: 'loaded' as const };
    response.end(attestationsJson([said]));
  });
});
afterEach(() => between.stop());

function tell() {
  const ctx = testContext({ secrets: { '{"env":"KEY"}': new Secret(ofOrders) } });
  const given = { type: 'webhook', url: between.url, secret: { env: 'KEY' } };
  return connector.open(connector.schema.parse(given)).refresh(ctx, change());
}

test('what is signed for one consumer is not genuine for another', async () => {
  await tell();
  expect(() => verifyWebhook(delivery.headers, delivery.body, ofOrders)).not.toThrow();
  expect(() => verifyWebhook(delivery.headers, delivery.body, ofBilling)).toThrow(
    'no webhook-signature is by a secret',
  );
});

test('a delivery carries neither the secret that signs it nor a value', async () => {
  await tell();
  const seen = JSON.stringify(delivery);
  for (const part of [ofOrders, ofOrders.slice('whsec_'.length)]) expect(seen).not.toContain(part);
  expect(Object.keys(JSON.parse(delivery.body).data).sort()).toEqual([
    'credential',
    'delivery_id',
    'instances',
    'key_id',
    'previous_key_id',
    'rotation',
    'target',
    'verb',
    'version',
  ]);
});

test('accepted: repeated within the tolerance it is genuine again, so a consumer acts once per id', async () => {
  await tell();
  const laterMs = Date.now() + 240_000;
  expect(() => verifyWebhook(delivery.headers, delivery.body, ofOrders, { nowMs: laterMs })).not.toThrow();
  expect(() => verifyWebhook(delivery.headers, delivery.body, ofOrders, { nowMs: laterMs + 120_000 })).toThrow(
    'too far',
  );
});

test('accepted: answers are not signed, so over plain http who stands between attests for the consumer', async () => {
  expect(await tell()).toMatchObject([{ instance: 'forged', status: 'loaded' }]);
});
