import { describe, expect } from 'vitest';
import type { Key, ProviderPowers } from '../../contract/index.ts';
import { lastUseMs, type ProviderBench, twice } from './providers.bench.ts';
import type { Check } from './providers.suite.ts';

/** Keys are used, disabled and removed. */
export function endings(check: Check, powers: ProviderPowers): void {
  describe('disable and enable', () => {
    check('a disabled key is refused and listed so; enabled again, it is accepted', ['disabling'], async (bench) => {
      const { ctx, knownGood } = bench.setup;
      const made = await bench.make();
      const key = await bench.heldKey();
      for (const _ of twice) await bench.provider.disable?.(ctx, key);
      await bench.expectVerdict(knownGood, 'refused');
      await bench.expectVerdict(made.value, 'accepted');
      await expect.poll(async () => (await bench.heldKey()).state, bench.propagation()).toBe('disabled');
      for (const _ of twice) await bench.provider.enable?.(ctx, key);
      await bench.expectVerdict(knownGood, 'accepted');
      await expect.poll(async () => (await bench.heldKey()).state, bench.propagation()).toBe('active');
    });

    check('a key that does not exist cannot be disabled or enabled', ['disabling'], async (bench) => {
      const { ctx, wrong } = bench.setup;
      const key: Key = { id: await bench.provider.identify(ctx, wrong), state: 'active' };
      const before = await bench.ids();
      expect(await bench.failing(bench.provider.disable?.(ctx, key))).toBeOneOf(['not-found', 'conflict']);
      expect(await bench.failing(bench.provider.enable?.(ctx, key))).toBeOneOf(['not-found', 'conflict']);
      expect(await bench.ids()).toEqual(before);
      await bench.expectVerdict(bench.setup.knownGood, 'accepted');
    });
  });

  describe('remove', () => {
    check('the removed key is refused and gone, the other one stays', ['issuer', 'beside'], async (bench) => {
      const { ctx, knownGood } = bench.setup;
      const made = await bench.make();
      await bench.expectVerdict(made.value, 'accepted');
      const key = await bench.heldKey();
      for (const _ of twice) await bench.provider.remove(ctx, key);
      await bench.expectVerdict(knownGood, 'refused');
      await bench.expectVerdict(made.value, 'accepted');
      const look = async () => (await bench.provider.inventory(ctx, [made.key.id])).map(({ id }) => id);
      if (powers.keysMax !== undefined) await expect.poll(look, bench.propagation()).toEqual([made.key.id]);
    });

    check('the way back: the new key goes, the known-good stays', ['issuer', 'beside'], async (bench) => {
      const made = await bench.make();
      for (const _ of twice) await bench.provider.remove(bench.setup.ctx, made.key);
      await bench.expectVerdict(made.value, 'refused');
      await bench.expectVerdict(bench.setup.knownGood, 'accepted');
      await expect.poll(() => bench.ids(), bench.propagation()).toEqual([await bench.held()]);
    });

    check('a disabled key can be removed', ['disabling'], async (bench) => {
      const made = await bench.make();
      await bench.provider.disable?.(bench.setup.ctx, made.key);
      await bench.provider.remove(bench.setup.ctx, made.key);
      await expect.poll(() => bench.ids(), bench.propagation()).toEqual([await bench.held()]);
      await bench.expectVerdict(made.value, 'refused');
    });

    check('a key replaced by a later one: the later one stays', ['issuer', 'beside'], async (bench) => {
      const earlier = await bench.make();
      await bench.provider.remove(bench.setup.ctx, earlier.key);
      await expect.poll(() => bench.ids(), bench.propagation()).toEqual([await bench.held()]);
      const later = await bench.make();
      await bench.provider.remove(bench.setup.ctx, earlier.key);
      await bench.expectVerdict(later.value, 'accepted');
      await bench.expectVerdict(bench.setup.knownGood, 'accepted');
    });

    check('the old key of a changed place is gone already: the new one stays', ['place'], async (bench) => {
      const old = await bench.heldKey();
      const made = await bench.make();
      for (const _ of twice) await bench.provider.remove(bench.setup.ctx, old);
      await bench.expectVerdict(made.value, 'accepted');
    });

    check('a key that never was is success and touches nothing', ['issuer'], async (bench) => {
      const { ctx, wrong, knownGood } = bench.setup;
      const id = await bench.provider.identify(ctx, wrong);
      for (const _ of twice) await bench.provider.remove(ctx, { id, state: 'active' });
      await bench.expectVerdict(knownGood, 'accepted');
      expect(await bench.ids()).toEqual([await bench.held()]);
    });
  });

  describe('use', () => {
    check('an application’s use is reported', ['use', 'application'], async (bench) => {
      const { useAsApplication, knownGood } = bench.setup;
      const beganMs = Date.now() - 1_000;
      const application = await useAsApplication?.(knownGood);
      const look = async () => lastUseMs(await bench.heldKey());
      await expect.poll(look, withLag(bench, powers.lastUsedLagMs)).toBeGreaterThanOrEqual(beganMs);
      await application?.stop();
    });

    check('the end of an application’s use is seen', ['use', 'application', 'exactUse'], async (bench) => {
      const application = await bench.setup.useAsApplication?.(bench.setup.knownGood);
      await application?.stop();
      const stoppedMs = Date.now();
      const isOver = async () => {
        const atMs = lastUseMs(await bench.heldKey());
        return atMs === undefined || atMs <= stoppedMs;
      };
      await expect.poll(isOver, withLag(bench, powers.lastUsedLagMs)).toBe(true);
    });

    check('our own probes are not reported as use', ['use', 'exactUse'], async (bench) => {
      const { ctx, knownGood } = bench.setup;
      const before = lastUseMs(await bench.heldKey());
      const probes = [...'12345'].map(() => bench.provider.verify(ctx, knownGood));
      for (let look = 0; look < 5; look++) expect(lastUseMs(await bench.heldKey())).toBe(before);
      await Promise.all(probes);
      expect(lastUseMs(await bench.heldKey())).toBe(before);
    });
  });
}

function withLag(bench: ProviderBench, lagMs = 0): { timeout: number; interval: number } {
  const { timeout, interval } = bench.propagation();
  return { timeout: timeout + lagMs, interval };
}
