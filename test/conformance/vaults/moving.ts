import { expect, test } from 'vitest';
import { type Bench, seen, unlike, value } from './bench.ts';

export function moving(b: Bench): void {
  test('forth and back, each twice; previous follows and pending goes', async (t) => {
    b.needsStaging(t);
    const old = await b.first();
    const id = await b.write(value('second'), old);
    for (const _ of ['once', 'reply lost']) {
      expect(await b.move(id, old)).toBe(id);
      await b.expectRead('current', value('second'));
      await b.expectRead('previous', value('first'));
      await b.expectRead('pending', 'absent');
    }
    for (const _ of ['once', 'reply lost']) {
      expect(await b.move(old, id)).toBe(old);
      await b.expectRead('current', value('first'));
      await b.expectRead('previous', value('second'));
    }
  });

  test('where the newest wins, the value moves back as a newer version, once', async (t) => {
    b.needsNewest(t);
    const old = await b.first();
    const id = await b.write(value('second'), old);
    const again = await b.move(old, id);
    expect([old, id]).not.toContain(again);
    await b.expectRead('current', value('first'));
    expect(await b.move(old, id)).toBe(again);
    expect(seen(await b.read('current'))).toEqual({ id: again, text: value('first').reveal() });
  });

  test('to what is current already is success, whatever was expected', async () => {
    const old = await b.first();
    const id = await b.serve(value('second'), old);
    await b.expectRead('current', value('second'));
    expect(await b.move(id, old)).toBe(id);
    expect(await b.move(id, id)).toBe(id);
    await b.expectRead('current', value('second'));
  });

  test('with another current than expected is a conflict and touches nothing', async () => {
    const old = await b.first();
    const second = await b.serve(value('second'), old);
    const third = await b.serve(value('third'), second);
    await b.expectRead('current', value('third'));
    const before = await b.snapshot();
    expect(await b.failing(b.move(old, second))).toBe('conflict');
    expect(await b.snapshot()).toEqual(before);
    expect(before.current).toMatchObject({ id: third });
  });

  test('to an unknown version is not found and touches nothing', async () => {
    const id = await b.first();
    const before = await b.snapshot();
    expect(await b.failing(b.move(unlike(id), id))).toBe('not-found');
    expect(await b.snapshot()).toEqual(before);
  });

  test('keeps the pending version of someone else', async (t) => {
    b.needsStaging(t);
    const old = await b.first();
    const second = await b.serve(value('second'), old);
    const pending = await b.write(value('third'), second);
    await b.move(old, second);
    await b.expectRead('current', value('first'));
    expect(seen(await b.read('pending'))).toEqual({ id: pending, text: value('third').reveal() });
  });
}
