import { describe, expect } from 'vitest';
import type { KeyValue, ProviderPowers } from '../../contract/index.ts';
import { copyOf, expectNow, twice, withoutUse } from './providers.bench.ts';
import type { Check } from './providers.suite.ts';

/** Keys are told apart, listed, made and tried. */
export function makings(check: Check, powers: ProviderPowers): void {
  describe('identify', () => {
    check('gives the same id for the same value, without the provider too', [], async (bench) => {
      const { knownGood, ctx, unreachable } = bench.setup;
      const id = await bench.held();
      expect(id).not.toBe('unknown');
      expect(await bench.provider.identify(ctx, copyOf(knownGood))).toBe(id);
      expect(await unreachable.identify(ctx, knownGood)).toBe(id);
    });

    check('tells values apart, and knows which are none of this provider', [], async (bench) => {
      const { wrong, ctx } = bench.setup;
      expect(await bench.provider.identify(ctx, wrong)).not.toBe(await bench.held());
      expect(await bench.provider.identify(ctx, {})).toBe('unknown');
    });

    check('gives a new key’s own id', [], async (bench) => {
      const made = await bench.make();
      expect(await bench.provider.identify(bench.setup.ctx, made.value)).toBe(made.key.id);
      expect(made.key.id).not.toBe(await bench.held());
    });
  });

  describe('inventory', () => {
    check('lists the known-good, once, and nothing that is not there', [], async (bench) => {
      expect(await bench.list()).toMatchObject([{ id: await bench.held(), state: 'active' }]);
      bench.expectNoSecret(await bench.list());
    });

    check('changes nothing', [], async (bench) => {
      const before = (await bench.list()).map(withoutUse);
      expect((await bench.list()).map(withoutUse)).toEqual(before);
    });

    check('lists a stranger’s key', ['stranger'], async (bench) => {
      const stranger = await bench.setup.makeStranger?.();
      await expect.poll(() => bench.ids(), bench.propagation()).toEqual([await bench.held(), stranger].sort());
    });

    check('gives times as ISO instants near now', ['issuer'], async (bench) => {
      const { key } = await bench.make();
      const listed = (await bench.list()).find((each) => each.id === key.id);
      for (const at of [key.createdAt, listed?.createdAt]) if (at !== undefined) expectNow(at);
    });
  });

  describe('a new key', () => {
    check('is accepted, and so is the known-good', ['issuer', 'beside'], async (bench) => {
      const { value } = await bench.make();
      await bench.expectVerdict(value, 'accepted');
      await bench.expectVerdict(bench.setup.knownGood, 'accepted');
    });

    check('is accepted, the old one refused, and can be taken back', ['place'], async (bench) => {
      const { knownGood, ctx } = bench.setup;
      const old = await bench.heldKey();
      const made = await bench.make();
      await bench.expectVerdict(made.value, 'accepted');
      await bench.expectVerdict(knownGood, 'refused');
      for (const _ of twice) await bench.provider.apply?.(ctx, { key: old, value: knownGood }, made.key);
      await bench.expectVerdict(knownGood, 'accepted');
      await bench.expectVerdict(made.value, 'refused');
    });

    check('is listed as active, whoever asks', ['issuer'], async (bench) => {
      const { key } = await bench.make();
      const expected = bench.isInPlace ? [key.id] : [await bench.held(), key.id].sort();
      const listed = () => bench.provider.inventory(bench.setup.ctx, expected);
      const ids = async () => (await listed()).map(({ id }) => id).sort();
      await expect.poll(ids, bench.propagation()).toEqual(expected);
      expect((await listed()).find(({ id }) => id === key.id)?.state).toBe('active');
    });

    check('is only chosen by choosing', ['applying'], async (bench) => {
      const before = (await bench.list()).map(withoutUse);
      const standing = await bench.standing();
      const [first, second] = [await bench.choose(standing), await bench.choose(standing)];
      expect(first.key.id).not.toBe(second.key.id);
      expect((await bench.list()).map(withoutUse)).toEqual(before);
      await bench.expectVerdict(first.value, 'refused');
    });

    check('applied twice is applied once', ['applying'], async (bench) => {
      const standing = await bench.standing();
      const chosen = await bench.choose(standing);
      const key = await bench.apply(chosen, standing);
      expect(await bench.apply(chosen, standing)).toEqual(key);
      await bench.expectVerdict(chosen.value, 'accepted');
      expect((await bench.provider.inventory(bench.setup.ctx, [])).filter(({ id }) => id === key.id)).toHaveLength(1);
    });

    check('is not applied over somebody else’s change', ['applying'], async (bench) => {
      const standing = await bench.standing();
      const [first, second] = [await bench.choose(standing), await bench.choose(standing)];
      await bench.apply(first, standing);
      expect(await bench.failing(bench.apply(second, standing))).toBe('conflict');
      await bench.expectVerdict(first.value, 'accepted');
      await bench.expectVerdict(second.value, 'refused');
    });

    check('beyond the limit is refused, and touches nothing', ['limit', 'beside'], async (bench) => {
      const made: KeyValue[] = [bench.setup.knownGood];
      while (made.length < (powers.keysMax ?? 0)) made.push((await bench.make()).value);
      for (const value of made) await bench.expectVerdict(value, 'accepted');
      const before = await bench.ids();
      expect(await bench.failing(bench.make())).toBe('limit');
      expect(await bench.ids()).toEqual(before);
      for (const value of made) await bench.expectVerdict(value, 'accepted');
    });

    check('never replaces a stranger’s', ['limit', 'beside', 'stranger'], async (bench) => {
      while ((await bench.list()).length < (powers.keysMax ?? 0)) await bench.setup.makeStranger?.();
      const before = await bench.ids();
      expect(await bench.failing(bench.make())).toBe('limit');
      expect(await bench.ids()).toEqual(before);
    });
  });

  describe('verify', () => {
    check('refuses a wrong value and gives the server’s answer', ['issuer'], async (bench) => {
      const said = await bench.provider.verify(bench.setup.ctx, bench.setup.wrong);
      expect(said.verdict).toBe('refused');
      expect(said.answer).toBeTruthy();
      bench.expectNoSecret(said);
    });

    check('cannot tell when the provider is out of reach', ['issuer'], async (bench) => {
      const { unreachable, ctx, knownGood, wrong } = bench.setup;
      expect(await bench.failing(unreachable.verify(ctx, knownGood))).toBe('transient');
      expect(await bench.failing(unreachable.verify(ctx, wrong))).toBe('transient');
    });
  });
}
