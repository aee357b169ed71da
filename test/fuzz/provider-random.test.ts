import fc from 'fast-check';
import { afterEach, describe, expect, vi } from 'vitest';
import { guardProvider } from '../../connectors/guard.ts';
import { connector } from '../../connectors/providers/random/index.ts';
import { Secret } from '../../contract/index.ts';
import { answers, serve } from './support/answers.ts';
import { canary, outcome } from './support/canary.ts';
import { fuzz } from './support/fuzz.ts';
import { attemptOf, guarded } from './support/guarded.ts';
import { garbage, mutated } from './support/mutations.ts';

const { ctx, guard } = guarded();
const accepter = { url: 'https://accepter.internal/' };
const config = connector.schema.parse({ type: 'random', accepter });
const provider = guardProvider(guard, connector, config);
const bodies = fc.constantFrom('{"accepted":true}', '{"accepted":false}', '{"status":401}', 'HTTP/1.1 200 OK');

afterEach(() => vi.unstubAllGlobals());

describe('the accepter', () => {
  fuzz('is believed by its status alone', answers(bodies, canary), async (answer) => {
    serve(answer);
    const result = await outcome(() => provider.verify(attemptOf(ctx), { value: new Secret(canary) }));
    const { status } = answer;
    const verdict = 'value' in result ? result.value.verdict : 'none';
    if (status >= 200 && status < 300) expect(verdict).toBe('accepted');
    else expect(verdict).toBe(status === 401 || status === 403 ? 'refused' : 'none');
  });

  const tests = mutated(
    { http: { url: 'https://accepter.internal/ping', header: 'X-Key', prefix: '', expect: 204 } },
    fc.oneof(garbage, fc.constantFrom(200, 404, 'http://elsewhere.example/')),
  );

  fuzz(
    'passes a smoke test with the status that is expected alone',
    fc.tuple(answers(bodies, canary), tests),
    async ([answer, own]) => {
      serve(answer);
      const result = await outcome(() => provider.smokeTest?.(attemptOf(ctx), { value: new Secret(canary) }, own));
      if ('error' in result) return;
      const expected = (own as { http: { expect?: number } }).http.expect;
      expect(expected === undefined ? answer.status >= 200 && answer.status < 300 : answer.status === expected).toBe(
        true,
      );
    },
    0.5,
  );

  const values = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('', ' ', 'a\nb', 'ä', '\u0000'));

  fuzz(
    'is not asked with a value that no header can hold',
    fc.tuple(values, values, fc.boolean()),
    async ([before, after, named]) => {
      serve({ status: 200, headers: {}, body: Buffer.from('') });
      // What one guard remembers of all cases would take long to look through.
      const own = guardProvider(guarded().guard, connector, config);
      const field = named ? 'value' : before;
      const result = await outcome(() => own.verify(attemptOf(ctx), { [field]: new Secret(before + canary + after) }));
      const sendable = /^[\x20-\x7e]*[\x21-\x7e]$/.test(before + canary + after) && field === 'value';
      expect('value' in result).toBe(sendable);
    },
    0.3,
  );
});
