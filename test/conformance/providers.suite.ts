import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ProviderPowers } from '../../contract/index.ts';
import type { Harness, ProviderCase } from './harness.ts';
import { ProviderBench } from './providers.bench.ts';
import { endings } from './providers.endings.ts';
import { makings } from './providers.makings.ts';

/** What is known of a case before its tests run. */
interface Look {
  powers: ProviderPowers;
  /** What the harness can do. */
  offers: { apply: boolean; stranger: boolean; application: boolean; denied: boolean };
}

/** Declares the tests of every provider for each case of a harness, under the name of the connector's folder. */
export async function testProvider(name: string, { cases }: Harness<ProviderCase>): Promise<void> {
  test(`provider ${name} has a case`, () => expect(cases.length).toBeGreaterThan(0));
  for (const one of cases) await declare(name, one);
}

async function declare(name: string, one: ProviderCase): Promise<void> {
  const title = `provider ${name}: ${one.name}`;
  const reason = await one.skip?.();
  if (reason) {
    describe.skip(`${title} (skipped: ${reason})`, () => test('conformance', () => {}));
    return;
  }
  const look = await lookAt(one);
  if ('error' in look) test(`${title}: sets up`, () => Promise.reject(look.error));
  else describe(title, () => conformance(name, one, look));
}

/** The powers decide which tests there are, so they have to be known before any test runs. */
async function lookAt(one: ProviderCase): Promise<Look | { error: unknown }> {
  try {
    const setup = await one.setUp();
    const { powers, provider, makeStranger, useAsApplication, denied } = setup;
    await setup.tearDown();
    const offers = {
      apply: provider.apply !== undefined,
      stranger: makeStranger !== undefined,
      application: useAsApplication !== undefined,
      denied: denied !== undefined,
    };
    return { powers, offers };
  } catch (error) {
    return { error };
  }
}

/** Declares a test; where the provider lacks something that it needs, a skipped one with the reason in its name. */
export type Check = (title: string, needs: readonly Need[], run: (bench: ProviderBench) => Promise<void>) => void;

/** What every provider promises (contract/provider.ts), as far as its declared powers reach. */
function conformance(name: string, one: ProviderCase, look: Look): void {
  let opened: ProviderBench | undefined;
  beforeEach(async () => {
    opened = undefined;
    opened = await ProviderBench.open(one);
  });
  afterEach(() => opened?.setup.tearDown());

  const lacks = lacksOf(look);
  const check: Check = (title, needs, run) => {
    const reason = needs.map((need) => lacks[need]).find((lack) => lack !== false);
    test.skipIf(reason)(reason ? `${title} (skipped: ${reason})` : title, () =>
      opened ? run(opened) : expect.fail('it has not been set up'),
    );
  };

  connectors(check, name, one, look.powers);
  makings(check, look.powers);
  endings(check, look.powers);
  errors(check);
}

type Need =
  | 'issuer'
  | 'beside'
  | 'place'
  | 'applying'
  | 'disabling'
  | 'use'
  | 'exactUse'
  | 'limit'
  | 'stranger'
  | 'application'
  | 'denied';

/** Why something cannot be tested here; false where it can. */
function lacksOf({ powers, offers }: Look): Record<Need, string | false> {
  const isInPlace = powers.order === 'in-place';
  return {
    issuer: !powers.verifies && 'nobody to ask',
    beside: isInPlace && 'changes its one key in place',
    place: !isInPlace && 'makes a key beside the other',
    applying: !offers.apply && 'sets no value anywhere',
    disabling: !powers.disables && 'cannot disable',
    use: !powers.tellsUse && 'does not tell use',
    exactUse: powers.countsOurUse === true && 'its report of use counts every use, ours too',
    limit: powers.keysMax === undefined && 'no limit of keys',
    stranger: !offers.stranger && 'no room for a stranger’s key',
    application: !offers.application && 'no application here',
    denied: !offers.denied && 'has no admin credential',
  };
}

function connectors(check: Check, name: string, one: ProviderCase, powers: ProviderPowers): void {
  describe('the connector', () => {
    check('carries its folder’s name and refuses fields it does not know', [], async () => {
      expect(one.connector).toMatchObject({ kind: 'provider', name });
      const parsed = one.connector.schema.safeParse({ type: name, 'no-such-field': 1 });
      expect(parsed.error?.issues.map((issue) => issue.code)).toContain('unrecognized_keys');
    });

    check('does not know an error that is not its own', [], async () => {
      expect(one.connector.classify(new Error('something else'))).toBeUndefined();
      expect(one.connector.classify(undefined)).toBeUndefined();
    });

    check('has the methods that its powers promise', [], async (bench) => {
      const { provider } = bench;
      expect(provider.choose !== undefined).toBe(powers.chooses);
      expect(provider.mint !== undefined).toBe(!powers.chooses && !powers.byHand);
      expect(bench.setup.makeByHand !== undefined).toBe(powers.byHand !== undefined);
      expect(provider.disable !== undefined && provider.enable !== undefined).toBe(powers.disables);
      if (powers.order === 'in-place') expect(powers).toMatchObject({ chooses: true, disables: false });
      if (powers.indicative) expect(powers.lagSource).toBeTruthy();
    });
  });
}

function errors(check: Check): void {
  describe('errors', () => {
    check('a wrong admin credential is unauthorized, and changes nothing', ['denied'], async (bench) => {
      const { denied, ctx } = bench.setup;
      if (!denied) return;
      const key = await bench.heldKey();
      expect(await bench.failing(denied.inventory(ctx, [key.id]))).toBe('unauthorized');
      expect(await bench.failing(denied.remove(ctx, key))).toBe('unauthorized');
      if (denied.disable) expect(await bench.failing(denied.disable(ctx, key))).toBe('unauthorized');
      if (denied.mint) expect(await bench.failing(denied.mint(ctx))).toBe('unauthorized');
      if (denied.apply) {
        const standing = await bench.standing();
        const chosen = await bench.choose(standing);
        expect(await bench.failing(bench.apply(chosen, standing, denied))).toBe('unauthorized');
      }
      await bench.expectVerdict(bench.setup.knownGood, 'accepted');
      expect(await bench.ids()).toEqual([key.id]);
    });

    check('an effect on a provider out of reach is transient, and carries no value', ['issuer'], async (bench) => {
      const { unreachable, ctx } = bench.setup;
      const key = await bench.heldKey();
      const standing = await bench.standing();
      const chosen = bench.setup.powers.chooses ? await bench.choose(standing) : undefined;
      const tries = [
        unreachable.inventory(ctx, [key.id]),
        unreachable.remove(ctx, key),
        unreachable.disable?.(ctx, key),
        unreachable.enable?.(ctx, key),
        unreachable.mint?.(ctx),
        chosen && bench.apply(chosen, standing, unreachable),
      ];
      for (const failed of await Promise.all(tries.map((each) => bench.settle(each)))) {
        if (failed) expect(failed.kind).toBe('transient');
      }
    });
  });
}
