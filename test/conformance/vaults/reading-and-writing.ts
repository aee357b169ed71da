import { expect, test } from 'vitest';
import { Secret } from '../../../contract/index.ts';
import { type Bench, kinds, seen, unlike, value } from './bench.ts';

export function readingAndWriting(b: Bench): void {
  test('an empty target is absent, whatever is asked', async () => {
    expect(await b.snapshot()).toEqual({ current: 'absent', pending: 'absent', previous: 'absent' });
  });

  test('the first value becomes current at once', async (t) => {
    b.needsReadBack(t);
    const id = await b.first();
    await b.expectRead('current', value('first'));
    expect(await b.read('current')).toMatchObject({ version: { id } });
    expect(seen(await b.read({ id }))).toEqual({ id, text: value('first').reveal() });
    expect(await b.read('pending')).toBe('absent');
  });

  test('a time of making, where given, is an ISO instant near now', async () => {
    const { createdAt } = await b.s.vault.write(b.s.ctx, value('first'), 'absent');
    if (createdAt === undefined) return;
    expect(new Date(createdAt).toISOString()).toBe(createdAt);
    expect(Math.abs(Date.parse(createdAt) - Date.now())).toBeLessThan(60_000);
  });

  test('a written value is pending and unseen by those who read current', async (t) => {
    b.needsStaging(t);
    const old = await b.first();
    const id = await b.write(value('second'), old);
    expect(id).not.toBe(old);
    expect(seen(await b.read('current'))).toEqual({ id: old, text: value('first').reveal() });
    expect(seen(await b.read('pending'))).toEqual({ id, text: value('second').reveal() });
    expect(seen(await b.read({ id }))).toEqual({ id, text: value('second').reveal() });
  });

  test('a written value is current, and the one before stays readable', async (t) => {
    b.needsNewest(t);
    const old = await b.first();
    const id = await b.write(value('second'), old);
    await b.expectRead('current', value('second'));
    expect(seen(await b.read({ id }))).toEqual({ id, text: value('second').reveal() });
    expect(seen(await b.read({ id: old }))).toEqual({ id: old, text: value('first').reveal() });
    expect(await b.read('pending')).toBe('absent');
  });

  test('the first write repeated after its reply was lost adds nothing', async () => {
    const id = await b.first();
    expect(await b.first()).toBe(id);
    await b.expectRead('previous', 'absent');
  });

  test('a write repeated after its reply was lost adds nothing', async () => {
    const old = await b.first();
    const id = await b.write(value('second'), old);
    const before = await b.snapshot();
    expect(await b.write(value('second'), old)).toBe(id);
    expect(await b.snapshot()).toEqual(before);
  });

  test('a write repeated late, when its version is current already, changes nothing', async () => {
    const old = await b.first();
    await b.serve(value('second'), old);
    await b.expectRead('current', value('second'));
    const before = await b.snapshot();
    // To say "it stands there" and to say "conflict" are both right.
    await b.write(value('second'), old).catch((error) => expect(b.kindOf(error)).toBe('conflict'));
    expect(await b.snapshot()).toEqual(before);
  });

  test('a write that expects another current is a conflict and touches nothing', async () => {
    const id = await b.first();
    const before = await b.snapshot();
    expect(await b.failing(b.write(value('other'), unlike(id)))).toBe('conflict');
    expect(await b.failing(b.write(value('other'), 'absent'))).toBe('conflict');
    expect(await b.snapshot()).toEqual(before);
  });

  test('a write that expects a version in an empty target is a conflict', async () => {
    const id = await b.first();
    await b.tearDown();
    await b.setUp();
    expect(await b.failing(b.write(value('other'), id))).toBe('conflict');
    expect(await b.read('current')).toBe('absent');
  });

  test('a pending version of someone else is a conflict and stays', async (t) => {
    b.needsStaging(t);
    const old = await b.first();
    await b.s.again.write(b.s.ctx, value('theirs'), old);
    const before = await b.snapshot();
    expect(await b.failing(b.write(value('ours'), old))).toBe('conflict');
    expect(await b.snapshot()).toEqual(before);
  });

  test('an unknown version is absent or not found', async () => {
    const id = await b.first();
    const found = await b.read({ id: unlike(id) }).catch((error) => b.kindOf(error));
    expect(['absent', 'not-found']).toContain(found);
  });

  test.for(Object.entries(kinds))('keeps byte for byte: %s', async ([, text], t) => {
    b.needsReadBack(t);
    const old = await b.first();
    await b.serve(new Secret(text), old);
    await b.expectRead('current', new Secret(text));
  });

  test('another handle on the same place sees the same', async () => {
    const old = await b.first();
    const id = await b.write(value('second'), old);
    expect(seen(await b.read({ id: old }, b.s.again))).toEqual({ id: old, text: value('first').reveal() });
    expect(seen(await b.read({ id }, b.s.again))).toEqual({ id, text: value('second').reveal() });
  });
}
