import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ZodType } from 'zod';
import {
  approveSchema,
  attestMessageSchema,
  decisionSchema,
  proceedSchema,
  requestSchema,
  rotationInputSchema,
} from '../../contract/index.ts';
import { fuzz } from './support/fuzz.ts';
import { garbage, mutated } from './support/mutations.ts';

/** Whoever can reach the namespace can send a workflow what they like: it must neither end nor stand still for it. */

const request = {
  id: 'request-1',
  at: '2026-03-01T00:00:00.000Z',
  by: 'an operator',
  reason: 'it leaked',
  urgency: 'expedited',
  converge: true,
  acceptBroken: false,
  replace: 'key-1',
};
const decision = { by: 'an operator', reason: 'seen to' };
const consumer = {
  type: 'pull',
  name: 'orders',
  reads: 'main',
  instances: 2,
  canary: 1,
  required: true,
  role: 'uses' as const,
};
const credential = {
  id: 'production/orders/TOKEN',
  owner: 'payments-sre',
  tier: 'standard',
  provider: { type: 'random' },
  targets: [{ name: 'main', vault: 'file', secret: 'orders', value: 'raw' }],
  consumers: [consumer],
  smokeTests: [],
  graceMs: 1,
  soakMs: 0,
  refreshWithinMs: 2,
  limits: { stepMs: 5, settleMs: 5, refusalMs: 5, attemptMs: 5, pollMs: 1 },
};

const messages: Record<string, { schema: ZodType; valid: Record<string, unknown>; strict: boolean }> = {
  request: { schema: requestSchema, valid: request, strict: true },
  attest: {
    schema: attestMessageSchema,
    valid: {
      consumer: 'orders',
      instance: 'orders-1',
      keyId: 'key-2',
      version: '2',
      status: 'failed',
      reason: 'refused',
    },
    strict: true,
  },
  decision: { schema: decisionSchema, valid: decision, strict: true },
  proceed: { schema: proceedSchema, valid: { ...decision, wait: 'grace' }, strict: true },
  approve: { schema: approveSchema, valid: { ...decision, planHash: 'a'.repeat(64) }, strict: true },
  "a rotation's input": { schema: rotationInputSchema, valid: { credential, requests: [request] }, strict: false },
};

/** What must never reach a terminal or a history's summary. */
const unprintable = /[\p{C}\u2028\u2029]/u;
const hostileLine = fc
  .tuple(
    fc.string(),
    fc.constantFrom('\u001b[2J', '\n', '\r', '\u202e', '\u2028', '\u0000', '\ud800', '\u0085'),
    fc.string(),
  )
  .map((parts) => parts.join(''));
const values = fc.oneof(garbage, hostileLine, fc.constantFrom<unknown>('y'.repeat(100_000), Number.NaN, -0.5, 2 ** 60));

describe.each(Object.entries(messages))('%s', (_name, { schema, valid, strict }) => {
  const parsed = (message: unknown) => {
    const result = schema.safeParse(message);
    if (result.success) expect(schema.safeParse(result.data)).toEqual({ success: true, data: result.data });
    else expect(result.error.issues.length).toBeGreaterThan(0);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    return result;
  };

  fuzz('a changed one is refused, or is still one', mutated(valid, values), (message) => {
    const { success, data } = parsed(message);
    if (!success || !strict) return;
    const fields = data as Record<string, unknown>;
    expect(Object.keys(fields).filter((field) => !(field in valid))).toEqual([]);
    for (const value of Object.values(fields)) {
      if (typeof value !== 'string') continue;
      expect(value).not.toMatch(unprintable);
      expect(value.length).toBeLessThanOrEqual(1_000);
    }
  });

  fuzz(
    'what is no message at all is refused',
    fc.oneof(garbage, fc.anything()),
    (message) => {
      expect(parsed(message).success).toBe(false);
    },
    0.3,
  );

  fuzz(
    'a text with controls or formatting in it is refused in every place',
    fc.tuple(hostileLine, fc.nat()),
    ([line, pick]) => {
      const texts = Object.entries(strict ? valid : request).filter(([, value]) => typeof value === 'string');
      const [field = ''] = texts[pick % texts.length] ?? [];
      const changed = strict ? { ...valid, [field]: line } : { ...valid, requests: [{ ...request, [field]: line }] };
      expect(parsed(changed).success).toBe(false);
    },
    0.3,
  );
});

const waits = ['graceMs', 'soakMs', 'refreshWithinMs'] as const;
const noWait = fc.oneof(
  fc.double().filter((ms) => !Number.isInteger(ms)),
  fc.integer({ max: -1 }),
  fc.constantFrom<unknown>('1h', null, Number.POSITIVE_INFINITY, 2 ** 53, undefined),
);

fuzz(
  'a wait that is no whole number of milliseconds is refused',
  fc.tuple(fc.constantFrom(...waits), noWait),
  ([field, ms]) => {
    const input = { credential: { ...credential, [field]: ms }, requests: [] };
    expect(rotationInputSchema.safeParse(input).success).toBe(false);
  },
  0.3,
);

test.each([
  ['an approval by nobody', { approval: { approvers: 0, withinMs: 1 } }],
  ['an approval in no time', { approval: { approvers: 1 } }],
  ['a site that is no name', { site: 7 }],
  ['a target whose value has no known shape', { targets: [{ ...credential.targets[0], value: 'xml' }] }],
])('%s is refused', (_what, changed) => {
  const parse = (given: object) =>
    rotationInputSchema.safeParse({ credential: { ...credential, ...given }, requests: [] });
  expect(parse({}).success).toBe(true);
  expect(parse(changed).success).toBe(false);
});
