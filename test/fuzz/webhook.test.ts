import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { change } from '../../connectors/consumers/webhook/harness.ts';
import { connector } from '../../connectors/consumers/webhook/index.ts';
import { readAttestations } from '../../connectors/consumers/webhook/message.ts';
import { attestationsJson, readChange, verifyWebhook } from '../../connectors/consumers/webhook/receiver.ts';
import { sign } from '../../connectors/http/signature.ts';
import { type Attestation, attestationStatuses, Secret } from '../../contract/index.ts';
import { testContext } from '../support/context.ts';
import { answers, serve } from './support/answers.ts';
import { assertNoCanary, canary, outcome, refusal } from './support/canary.ts';
import { fuzz } from './support/fuzz.ts';
import { attemptOf } from './support/guarded.ts';
import { edited, edits, garbage, mutated, textMutated } from './support/mutations.ts';

const hmacKey = `whsec_${Buffer.from(canary.padEnd(32, '+')).toString('base64')}`;
const ctx = testContext({ secrets: { '{"env":"HMAC_KEY"}': new Secret(hmacKey) } });
const told = change();
const config = {
  type: 'webhook',
  url: 'https://orders.internal/keyturn',
  statusUrl: 'https://orders.internal/status',
  secret: { env: 'HMAC_KEY' },
};
const consumer = connector.open(connector.schema.parse(config));

const attested: Attestation[] = [
  { instance: 'orders-1', target: told.target, keyId: told.keyId, status: 'loaded' },
  { instance: 'orders-2', target: told.target, version: told.version, status: 'failed', reason: 'no' },
];
const answer = attestationsJson(attested);

/** Whatever is taken for an attestation is one, of the target that was asked for. */
function assertAttestations(attestations: readonly Attestation[]): void {
  expect(attestations.length).toBeLessThanOrEqual(5_000);
  for (const { instance, target, keyId, version, status, reason, ...more } of attestations) {
    expect(more).toEqual({});
    expect(target).toBe(told.target);
    expect(attestationStatuses).toContain(status);
    expect(keyId ?? version).toBeDefined();
    for (const text of [instance, keyId ?? 'x', version ?? 'x', reason ?? 'x'])
      expect(text).toMatch(/^[^\p{C}]{1,1000}$/u);
  }
}

describe('an answer', () => {
  afterEach(() => vi.unstubAllGlobals());

  const json = fc.oneof(
    mutated(JSON.parse(answer)).map((tree) => JSON.stringify(tree) ?? ''),
    textMutated(answer, fc.string({ maxLength: 4 })),
  );
  const bodies = fc.oneof(json, fc.constant(answer));

  fuzz(
    'of whatever status, type and form',
    fc.tuple(answers(bodies, canary), fc.boolean()),
    async ([made, isAsked]) => {
      serve(made);
      const result = await outcome(() =>
        isAsked ? consumer.attested(attemptOf(ctx), told) : consumer.refresh(attemptOf(ctx), told),
      );
      if ('error' in result) return;
      expect(made.status).toBeGreaterThanOrEqual(200);
      expect(made.status).toBeLessThan(300);
      assertAttestations(result.value as Attestation[]);
    },
  );

  const wrong = fc.string().filter((text) => text !== told.target);

  fuzz(
    'that names another target, or no key',
    fc.tuple(edits(garbage), wrong, fc.boolean(), fc.nat({ max: 1 })),
    async ([all, target, isTarget, at]) => {
      const lie = JSON.parse(answer);
      if (isTarget) lie.attestations[at].target = target;
      else lie.attestations[at] = { instance: 'orders-1', target: told.target, status: 'loaded' };
      expect((await refusal(() => readAttestations(JSON.stringify(lie), told.target))).kind).toBe('invalid');
      const text = JSON.stringify(edited(lie, all)) ?? '';
      const result = await outcome(() => readAttestations(text, told.target));
      if ('value' in result) assertAttestations(result.value);
    },
    0.3,
  );

  test.each([
    ['longer than may be read', `{"attestations":[],"x":"${'y'.repeat(1_048_576)}"}`],
    [
      'of more attestations than are counted',
      JSON.stringify({ attestations: Array(5_001).fill(JSON.parse(answer).attestations[0]) }),
    ],
    ['nested without end', '['.repeat(500_000)],
  ])('%s is refused', async (_name, body) => {
    serve({ status: 200, headers: {}, body: Buffer.from(body) });
    expect((await refusal(() => consumer.refresh(ctx, told))).kind).toBe('invalid');
  });
});

describe('the receiver', () => {
  const nowMs = Date.parse('2026-03-01T00:00:00Z');
  const body = JSON.stringify({ any: 'thing' });
  const other = `whsec_${randomBytes(32).toString('base64')}`;
  let headers: Record<string, string>;
  beforeAll(() => {
    headers = { ...sign(hmacKey, 'delivery-1', nowMs, body) };
    verifyWebhook(headers, body, [other, hmacKey], { nowMs });
  });

  const names = fc.constantFrom('webhook-id', 'webhook-timestamp', 'webhook-signature');
  const hostile = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      '',
      'v1,',
      'v1a,AAAA',
      'v2,AAAA',
      ' ',
      '1e10',
      '-1',
      '0x7fffffff',
      '9'.repeat(400),
      'NaN',
      ' 1772323200',
    ),
    fc.integer({ min: 0, max: 4e9 }).map(String),
  );
  const header = fc.oneof(hostile, fc.array(hostile, { maxLength: 3 }), fc.constant(undefined));

  fuzz(
    'refuses a request with any header changed',
    fc.tuple(names, header, fc.boolean()),
    async ([name, said, isTail]) => {
      const changed = { ...headers, [name]: isTail && typeof said === 'string' ? `${headers[name]}${said}` : said };
      // A further signature beside the right one is what the standard allows.
      fc.pre(changed[name] !== headers[name] && !String(changed[name]).startsWith(`${headers['webhook-signature']} `));
      expect((await refusal(() => verifyWebhook(changed, body, hmacKey, { nowMs }))).kind).toBe('unauthorized');
    },
    0.4,
  );

  const otherBody = fc
    .oneof(textMutated(body, fc.string({ unit: 'binary', maxLength: 4 })), fc.uint8Array())
    .filter((text) => Buffer.from(text as string).toString() !== body);

  fuzz(
    'refuses another body, another secret, another time',
    fc.tuple(otherBody, fc.integer({ min: 300_001 }), fc.boolean()),
    async ([text, offMs, isLate]) => {
      await refusal(() => verifyWebhook(headers, text, hmacKey, { nowMs }));
      await refusal(() => verifyWebhook(headers, body, other, { nowMs }));
      await refusal(() => verifyWebhook(headers, body, [], { nowMs }));
      await refusal(() => verifyWebhook(headers, body, hmacKey, { nowMs: isLate ? nowMs + offMs : nowMs - offMs }));
    },
    0.3,
  );

  const secrets = fc.oneof(fc.string(), fc.base64String(), fc.constantFrom('whsec_', canary, `whsec_${canary}`));

  fuzz(
    'says of an unusable secret that it is one, and not which',
    secrets,
    async (secret) => {
      fc.pre(secret !== hmacKey);
      expect(['invalid', 'unauthorized']).toContain(
        (await refusal(() => verifyWebhook(headers, body, secret, { nowMs }))).kind,
      );
    },
    0.1,
  );

  const delivery = {
    schema_version: 1,
    type: 'credential.change',
    data: {
      delivery_id: 'd',
      rotation: 'r',
      credential: 'c',
      target: 't',
      verb: 'use',
      key_id: 'k',
      version: 'v',
      previous_key_id: 'p',
      instances: 2,
    },
  };
  const deliveries = fc.oneof(
    mutated(delivery, fc.oneof(garbage, fc.constant(canary))).map((tree) => JSON.stringify(tree) ?? ''),
    textMutated(JSON.stringify(delivery), fc.constantFrom('{', '"', canary, '\u0000', ',', '1e999')),
    fc.string({ unit: 'binary' }),
  );

  fuzz('takes for a change what is one, and refuses the rest', deliveries, async (text) => {
    const result = await outcome(() => readChange(text));
    if ('error' in result) return;
    const { verb, instances, ...texts } = result.value;
    expect(['use', 'accept', 'drop']).toContain(verb);
    expect(Number.isFinite(instances)).toBe(true);
    expect(Object.values(texts).every((field) => typeof field === 'string')).toBe(true);
  });
});

fuzz(
  'no header of a delivery shows the secret it was signed with',
  fc.tuple(fc.string({ unit: 'binary' }), fc.string()),
  ([id, body]) => {
    const made = sign(hmacKey, id, 0, body);
    assertNoCanary(JSON.stringify(made), 'the headers');
    expect(made['webhook-id']).toMatch(/^[\x21-\x7e]*$/);
  },
  0.1,
);
