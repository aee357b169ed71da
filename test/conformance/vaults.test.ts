import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { vaults as world } from '../world/harness.ts';
import type { Harness, VaultCase } from './harness.ts';
import { Bench } from './vaults/bench.ts';
import { destroying } from './vaults/destroying.ts';
import { errors } from './vaults/errors.ts';
import { moving } from './vaults/moving.ts';
import { readingAndWriting } from './vaults/reading-and-writing.ts';
import { twoAtOnce } from './vaults/two-at-once.ts';

const folder = fileURLToPath(new URL('../../connectors/vaults/', import.meta.url));
const names = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

for (const name of names) {
  if (!existsSync(`${folder}${name}/harness.ts`)) {
    test(`vault ${name} has a harness`, () => expect.fail(`connectors/vaults/${name}/harness.ts is missing`));
    continue;
  }
  const { harness } = (await import(`${folder}${name}/harness.ts`)) as { harness: Harness<VaultCase> };
  test(`vault ${name} has a case`, () => expect(harness.cases.length).toBeGreaterThan(0));
  for (const one of harness.cases) await declare(name, one);
}
for (const one of world.cases) await declare('world', one);

async function declare(name: string, one: VaultCase): Promise<void> {
  const reason = await one.skip?.();
  const title = `vault ${name}: ${one.name}${reason ? ` (skipped: ${reason})` : ''}`;
  describe.skipIf(reason)(title, () => conformance(name, one));
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
