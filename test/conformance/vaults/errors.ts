import { expect, test } from 'vitest';
import { type Bench, value } from './bench.ts';

export function errors(b: Bench): void {
  test('a vault out of reach is transient', async (t) => {
    t.skip(!b.s.unreachable, 'cannot be out of reach');
    expect(await b.failing(b.read('current', b.s.unreachable))).toBe('transient');
    expect(await b.failing((b.s.unreachable ?? b.s.vault).write(b.s.ctx, value('lost'), 'absent'))).toBe('transient');
  });

  test('a refused access is unauthorized', async (t) => {
    t.skip(!b.s.denied, 'cannot refuse access here');
    expect(await b.failing(b.read('current', b.s.denied))).toBe('unauthorized');
    expect(await b.failing((b.s.denied ?? b.s.vault).write(b.s.ctx, value('lost'), 'absent'))).toBe('unauthorized');
  });
}
