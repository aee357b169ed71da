import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Attestation, ErrorKind } from '../../contract/index.ts';
import { KeyturnError } from '../../contract/index.ts';
import type { ConsumerCase, ConsumerSetup, Harness } from './harness.ts';

/** Offered by harnesses whose consumer answers with bytes of its own making. */
interface Answering {
  answer(raw: { status?: number; headers?: Record<string, string>; body: string | Uint8Array } | 'hang up'): void;
  secrets: readonly string[];
}
/** Offered by harnesses whose consumer hears, and whose answer is then lost. */
interface Losing {
  loseReplies(): void;
}
type Setup = ConsumerSetup & Partial<Answering> & Partial<Losing>;

/** Declares the tests of every consumer for each case of a harness. */
export async function testConsumer(name: string, { cases }: Harness<ConsumerCase>): Promise<void> {
  test(`consumer ${name} has a case`, () => expect(cases.length).toBeGreaterThan(0));
  for (const one of cases) {
    const reason = await one.skip?.();
    describe.skipIf(reason)(`consumer ${name}: ${one.name}${reason ? ` (skipped: ${reason})` : ''}`, () =>
      conforms(one),
    );
  }
}

function conforms(one: ConsumerCase): void {
  let setup: Setup;
  beforeEach(async () => {
    setup = await one.setUp();
  });
  afterEach(() => setup.tearDown());

  const refresh = () => setup.consumer.refresh(setup.ctx, setup.change);
  const attested = () => setup.consumer.attested(setup.ctx, setup.change);
  const canBeAsked = async () => (await attested()) !== 'unknown';
  const failure = (work: Promise<unknown>) => failureOf(one, work);
  const attestation = (over: Partial<Attestation> = {}): Attestation => ({
    instance: 'orders-1',
    target: setup.change.target,
    keyId: setup.change.keyId,
    status: 'loaded',
    ...over,
  });

  test('tells the change, all of it and nothing else; or cannot tell, and then cannot be asked', async ({ skip }) => {
    await refresh();
    if (setup.received().length > 0) return expect(setup.received()).toEqual([setup.change]);
    expect(await attested()).toBe('unknown');
    skip('it is not told: it looks for itself');
  });

  test('a repeated delivery says the same under the same id', async ({ skip }) => {
    await refresh();
    await refresh();
    if (setup.received().length === 0) skip('it is not told');
    expect(setup.received()).toEqual([setup.change, setup.change]);
  });

  test('two deliveries at once do not disturb each other', async ({ skip }) => {
    const later = { ...setup.change, deliveryId: `${setup.change.deliveryId}/again` };
    await Promise.all([refresh(), setup.consumer.refresh(setup.ctx, later)]);
    if (setup.received().length === 0) skip('it is not told');
    expect(new Set(setup.received().map((change) => change.deliveryId))).toEqual(
      new Set([setup.change.deliveryId, later.deliveryId]),
    );
  });

  test('what the consumer attests arrives as it was said', async ({ skip }) => {
    const said = [attestation(), attestation({ instance: 'orders-2', status: 'failed', reason: 'login refused' })];
    setup.attest(said);
    const heard = await attested();
    if (heard === 'unknown') skip('it cannot be asked');
    expect(heard).toEqual(said);
  });

  test('asking changes nothing, and may be repeated', async () => {
    setup.attest([attestation()]);
    const first = await attested();
    expect(await attested()).toEqual(first);
    expect(setup.received()).toEqual([]);
  });

  test('out of reach is transient', async ({ skip }) => {
    const { unreachable, ctx, change } = setup;
    if (!unreachable) return skip('it is never reached');
    expect((await failure(unreachable.refresh(ctx, change))).kind).toBe('transient');
    if (await canBeAsked()) expect((await failure(unreachable.attested(ctx, change))).kind).toBe('transient');
  });

  test('denied is unauthorized, and tells the consumer nothing', async ({ skip }) => {
    const { denied, ctx, change } = setup;
    if (!denied) return skip('it needs no leave');
    expect((await failure(denied.refresh(ctx, change))).kind).toBe('unauthorized');
    if (await canBeAsked()) expect((await failure(denied.attested(ctx, change))).kind).toBe('unauthorized');
    expect(setup.received()).toEqual([]);
  });

  test('a delivery whose reply is lost is repeated under the same id', async ({ skip }) => {
    if (setup.loseReplies) setup.loseReplies();
    else if (setup.answer) setup.answer('hang up');
    else return skip('its replies cannot be lost on purpose');
    expect((await failure(refresh())).kind).toBe('transient');
    expect((await failure(refresh())).kind).toBe('transient');
    expect(setup.received()).toEqual([setup.change, setup.change]);
  });

  const marker = 'zebra-crossing';
  const garbage: Record<string, () => string | Uint8Array> = {
    'not JSON': () => `<html>${marker}</html>`,
    'cut short': () => `{"attestations":[{"instance":"${marker}`,
    'another type': () => JSON.stringify({ attestations: marker }),
    'a field of another type': () => wire({ instance: { [marker]: 1 } }),
    'an unknown status': () => wire({ status: marker }),
    'neither key nor version': () => wire({ key_id: undefined }),
    "another credential's target": () => wire({ target: marker }),
    'control characters': () => wire({ reason: `${marker}\u001b[2J` }),
    'text that turns around': () => wire({ instance: `${marker}\u202e` }),
    'a field without end': () => wire({ reason: marker.repeat(1_000) }),
    'too many': () => JSON.stringify({ attestations: Array(6_000).fill(JSON.parse(wire({})).attestations[0]) }),
    huge: () => `"${marker.repeat(100_000)}"`,
    'not UTF-8': () => new Uint8Array([0x22, 0xff, 0xfe, 0x22]),
    'nested deeply': () => '['.repeat(100_000),
    null: () => 'null',
  };
  const wire = (over: Record<string, unknown>) =>
    JSON.stringify({
      attestations: [{ instance: 'orders-1', target: setup.change.target, key_id: 'key-2', status: 'loaded', ...over }],
    });

  test('garbage is refused as invalid, and not repeated in the error', async ({ skip }) => {
    if (!setup.answer) return skip('it gives no answers of its own making');
    for (const [what, body] of Object.entries(garbage)) {
      setup.answer({ body: body() });
      for (const ask of [refresh, attested]) {
        const error = await failure(ask());
        expect(error.kind, what).toBe('invalid');
        expect(error.text, what).not.toContain(marker);
      }
    }
  });

  test('no error holds a secret', async ({ skip }) => {
    if (!setup.secrets) return skip('it holds none');
    const { denied, unreachable, ctx, change } = setup;
    setup.answer?.({ status: 500, body: setup.secrets.join() });
    for (const consumer of [denied, unreachable, setup.consumer]) {
      if (!consumer) continue;
      const { text } = await failure(consumer.refresh(ctx, change));
      for (const secret of setup.secrets) expect(text).not.toContain(secret);
    }
  });
}

/** The error's kind as the guard finds it, and all of its text. */
async function failureOf(one: ConsumerCase, work: Promise<unknown>): Promise<{ kind: ErrorKind; text: string }> {
  const error = await work.then(
    () => expect.fail('it should have failed'),
    (reason: unknown) => reason,
  );
  const kind = error instanceof KeyturnError ? error.kind : (one.connector.classify(error) ?? 'transient');
  const { message, stack, fix, cause } = error as KeyturnError;
  return { kind, text: [message, stack, fix, String(cause)].join('\n') };
}
