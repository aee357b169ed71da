import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Discovered, Discovery, ProviderConnector, VaultConnector } from '../../contract/index.ts';
import { KeyturnError } from '../../contract/index.ts';
import type { DiscoveryHarness, DiscoverySetup } from './harness.ts';

/** Declares the tests of every provider or vault that discovers. */
export function testDiscovery(name: string, harness: DiscoveryHarness): void {
  describe(`${harness.connector.kind} ${name}`, () => conformance(harness));
}

function conformance({ connector, setUp }: DiscoveryHarness): void {
  let setup: DiscoverySetup;
  let pages: (readonly Discovered[])[];
  let found: Discovered[];
  beforeAll(async () => {
    setup = await setUp();
    pages = await Readable.from(discover(setup.declared)).toArray();
    found = pages.flat();
  }, 60_000);
  afterAll(() => setup?.tearDown());

  const discover = (declared: object): Discovery => {
    const opened = connector.open(connector.schema.parse(declared));
    return opened.discover?.(setup.ctx) ?? expect.fail('it has a source, but does not discover');
  };

  test('lists all that was made there, each once, and the pages after the first', () => {
    const names = found.map(namesOf);
    for (const made of setup.made)
      expect(
        names.filter((each) => each.includes(made)),
        made,
      ).toHaveLength(1);
    expect(pages.length).toBeGreaterThan(1);
    expect(pages.slice(1).flat()).not.toEqual([]);
  });

  test('shows no value', () => {
    const text = JSON.stringify(found);
    for (const value of setup.values) expect(text.includes(value), 'a value is shown').toBe(false);
  });

  test('what it says to declare is what the catalog takes, and is then the thing itself', () => {
    for (const each of found.filter((one) => namesOf(one).some((name) => setup.made.includes(name)))) {
      const parsed = connector.schema.safeParse(JSON.parse(JSON.stringify(each.declares)));
      expect(parsed.error?.issues ?? []).toEqual([]);
      expect(namesOf(each)).toEqual(expect.arrayContaining([...idsOf(connector, parsed.data)]));
    }
  });

  test('times are instants, or are left out', () => {
    for (const { changedAt, createdAt, lastUse } of found) {
      const used = typeof lastUse === 'object' ? lastUse.at : undefined;
      for (const at of [createdAt, changedAt, used]) if (at) expect(new Date(at).toISOString()).toBe(at);
    }
  });

  test('a right that is missing is named', async (t) => {
    t.skip(!setup.denied, 'it needs none that others lack');
    for (const { declared, names } of setup.denied ?? []) {
      const failed = await Readable.from(discover(declared))
        .toArray()
        .catch((error: unknown) => error);
      expect(failed).toBeInstanceOf(KeyturnError);
      expect(failed).toMatchObject({ kind: 'unauthorized', message: expect.stringContaining(names) });
    }
  });

  test('one source is told from another', () => {
    const here = connector.source?.(connector.schema.parse(setup.declared));
    expect(here).toMatch(/\w/);
    for (const { declared } of setup.denied ?? []) {
      expect(connector.source?.(connector.schema.parse(declared))).not.toBe(here);
    }
  });
}

function namesOf({ named: { anywhere, here = [] } }: Discovered): string[] {
  return [...anywhere, ...here];
}

function idsOf(connector: ProviderConnector | VaultConnector, config: unknown): readonly string[] {
  return connector.kind === 'provider' ? connector.principals(config) : [connector.location(config)];
}
