import { expect, test } from 'vitest';
import { type Bench, value } from './bench.ts';

export function twoAtOnce(b: Bench): void {
  test('the same write from two handles: one version, or one is refused', async () => {
    const old = await b.first();
    const results = await b.race((vault) => vault.write(b.s.ctx, value('second'), old));
    expect(new Set(results.done.map((version) => version.id)).size).toBe(1);
    for (const kind of results.failed) expect(kind).toBeOneOf(['conflict', 'transient']);
    await b.expectRead(b.s.powers.staging ? 'pending' : 'current', value('second'));
  });

  test('the same move from two handles: done, and once', async () => {
    const old = await b.first();
    const id = await b.serve(value('second'), old);
    await b.expectRead('current', value('second'));
    const results = await b.race((vault) => vault.moveCurrent(b.s.ctx, old, id));
    expect(new Set(results.done.map((version) => version.id)).size).toBe(1);
    for (const kind of results.failed) expect(kind).toBeOneOf(['conflict', 'transient']);
    await b.expectRead('current', value('first'));
  });

  test('moves to different versions: exactly one wins', async (t) => {
    b.needsStaging(t);
    const old = await b.first();
    const second = await b.serve(value('second'), old);
    const third = await b.write(value('third'), second);
    await b.expectRead('current', value('second'));
    const results = await b.race((vault, index) => vault.moveCurrent(b.s.ctx, index === 0 ? old : third, second));
    expect(results.done).toHaveLength(1);
    expect(results.failed).toHaveLength(1);
    expect(results.failed[0]).toBeOneOf(['conflict', 'transient']);
    const [won] = results.done.map((version) => version.id);
    expect([old, third]).toContain(won);
    await b.expectRead('current', value(won === old ? 'first' : 'third'));
  });
}
