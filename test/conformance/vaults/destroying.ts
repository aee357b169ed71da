import { expect, test } from 'vitest';
import { type Bench, seen, unlike, value } from './bench.ts';

export function destroying(b: Bench): void {
  test('a pending version goes, current stays, and another can be staged', async (t) => {
    b.needsStaging(t);
    const old = await b.first();
    const id = await b.write(value('second'), old);
    for (const _ of ['once', 'reply lost']) {
      await b.s.vault.destroy(b.s.ctx, id);
      await b.expectRead('pending', 'absent');
      await b.expectRead('current', value('first'));
    }
    const third = await b.write(value('third'), old);
    expect(seen(await b.read('pending'))).toEqual({ id: third, text: value('third').reveal() });
  });

  test('a destroyed value cannot be read', async (t) => {
    b.needsDestroy(t);
    const old = await b.first();
    await b.serve(value('second'), old);
    await b.expectRead('current', value('second'));
    for (const _ of ['once', 'reply lost']) await b.s.vault.destroy(b.s.ctx, old);
    expect(await b.read({ id: old }).catch((error) => b.kindOf(error))).toBeOneOf(['absent', 'not-found']);
    await b.expectRead('previous', 'absent');
    await b.expectRead('current', value('second'));
  });

  test('the way back: the known-good is current again, then the new version goes', async () => {
    const old = await b.first();
    const id = await b.serve(value('second'), old);
    const back = await b.move(old, id);
    await b.expectRead('current', value('first'));
    for (const _ of ['once', 'reply lost']) await b.s.vault.destroy(b.s.ctx, id);
    expect(seen(await b.read('current'))).toEqual({ id: back, text: value('first').reveal() });
    expect(await b.read('pending')).toBe('absent');
    if (b.s.powers.destroys) {
      expect(await b.read({ id }).catch((error) => b.kindOf(error))).toBeOneOf(['absent', 'not-found']);
    }
  });

  test('what is current is a conflict and stays', async () => {
    const old = await b.first();
    const id = await b.serve(value('second'), old);
    await b.expectRead('current', value('second'));
    expect(await b.failing(b.s.vault.destroy(b.s.ctx, id))).toBe('conflict');
    await b.expectRead('current', value('second'));
  });

  test('an unknown version is success', async () => {
    const id = await b.first();
    await b.s.vault.destroy(b.s.ctx, unlike(id));
    await b.expectRead('current', value('first'));
  });
}
