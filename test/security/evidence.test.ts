import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ConsumerEvidence, Evidence } from '../../contract/index.ts';
import { written } from '../../workflows/written.ts';

/** What is written of the evidence goes to the audit in one message: no fleet makes it large. */

const at = '2026-01-01T00:00:00.000Z';
const bytesMax = 200_000;

const named = fc.record({ length: fc.nat({ max: 200 }), letter: fc.constantFrom('x', '"', 'ü', '漢') });
const fleet = fc.record({
  consumers: fc.nat({ max: 1_000 }),
  instances: fc.nat({ max: 20 }),
  targets: fc.integer({ min: 1, max: 100 }),
  keys: fc.integer({ min: 1, max: 5 }),
  name: named,
});

function evidenceOf({
  consumers,
  instances,
  targets,
  keys,
  name,
}: typeof fleet extends fc.Arbitrary<infer T> ? T : never) {
  const called = (index: number) => `${index}${name.letter.repeat(name.length)}`;
  const list = <T>(length: number, make: (index: number) => T) => Array.from({ length }, (_, index) => make(index));
  return list(keys, (key): Evidence => {
    const readBack = list(targets, (index) => ({ target: called(index), version: called(index) }));
    const heard = list(consumers, (index) => ({ consumer: called(index), instances: list(instances, called) }));
    return { at, going: `K${key}`, staying: 'K9', readBack, consumers: heard, lastUse: 'cannot tell' };
  });
}

const bytes = (value: unknown) => Buffer.byteLength(JSON.stringify(value));
const attested = ({ instances, omitted = 0 }: ConsumerEvidence) => instances.length + omitted;

test('it is small whatever the fleet, every key has its own, and what is left out is counted', () => {
  fc.assert(
    fc.property(fleet, (given) => {
      const all = evidenceOf(given);
      const kept = written(all);
      expect(bytes(kept)).toBeLessThan(bytesMax);
      expect(kept.map(({ going }) => going)).toEqual(all.map(({ going }) => going));
      for (const { readBack, consumers, omitted } of kept) {
        expect(readBack.length + (omitted?.readBack ?? 0)).toBe(given.targets);
        expect(consumers.length + (omitted?.consumers ?? 0)).toBe(given.consumers);
        expect(consumers.map(attested)).toEqual(consumers.map(() => given.instances));
      }
    }),
    { numRuns: 50 },
  );
});

test('of a usual fleet nothing is left out', () => {
  const name = { length: 20, letter: 'x' as const };
  const all = evidenceOf({ consumers: 20, instances: 20, targets: 5, keys: 3, name });
  expect(written(all)).toEqual(all);
});

test('one large consumer leaves the names of the others', () => {
  const [evidence = expect.fail()] = evidenceOf({
    ...{ consumers: 2, instances: 3, targets: 1, keys: 1 },
    name: { length: 3, letter: 'x' },
  });
  const large = { consumer: 'large', instances: Array.from({ length: 100_000 }, (_, index) => `app-${index}`) };
  const [kept] = written([{ ...evidence, consumers: [large, ...evidence.consumers] }]);
  expect(kept?.consumers.slice(1)).toEqual(evidence.consumers);
  expect(kept?.consumers[0]?.instances.slice(0, 2)).toEqual(['app-0', 'app-1']);
});
