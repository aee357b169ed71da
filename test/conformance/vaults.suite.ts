import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Harness, VaultCase } from './harness.ts';
import { Bench } from './vaults/bench.ts';
import { destroying } from './vaults/destroying.ts';
import { errors } from './vaults/errors.ts';
import { moving } from './vaults/moving.ts';
import { readingAndWriting } from './vaults/reading-and-writing.ts';
import { twoAtOnce } from './vaults/two-at-once.ts';

/** Declares the tests of every vault for each case of a harness, under the name of the connector's folder. */
export async function testVault(name: string, { cases }: Harness<VaultCase>): Promise<void> {
  test(`vault ${name} has a case`, () => expect(cases.length).toBeGreaterThan(0));
  for (const one of cases) {
    const reason = await one.skip?.();
    const title = `vault ${name}: ${one.name}${reason ? ` (skipped: ${reason})` : ''}`;
    describe.skipIf(reason)(title, () => conformance(name, one));
  }
}

function conformance(name: string, one: VaultCase): void {
  describe('the connector', () => {
    test('carries its folder’s name and refuses fields it does not know', () => {
      expect(one.connector).toMatchObject({ kind: 'vault', name });
      expect(one.connector.schema.safeParse({ vault: name, secret: 'a', 'no-such-field': 1 }).success).toBe(false);
    });

    test('does not know an error that is not its own', () => {
      expect(one.connector.classify(new Error('something else'))).toBeUndefined();
    });
  });

  describe('a target', () => {
    const bench = new Bench(one);
    beforeEach(() => bench.setUp());
    afterEach(() => bench.tearDown());

    describe('read and write', () => readingAndWriting(bench));
    describe('moving current', () => moving(bench));
    describe('destroying', () => destroying(bench));
    describe('two at once', () => twoAtOnce(bench));
    describe('errors', () => errors(bench));
  });
}
