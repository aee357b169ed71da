import fc from 'fast-check';
import pg from 'pg';
import { afterEach, describe, expect, vi } from 'vitest';
import { guardProvider } from '../../connectors/guard.ts';
import { connector } from '../../connectors/providers/postgres/index.ts';
import { readComment, writeComment } from '../../connectors/providers/postgres/marker.ts';
import { type Key, Secret } from '../../contract/index.ts';
import { assertNoCanary, canary, outcome } from './support/canary.ts';
import { fuzz } from './support/fuzz.ts';
import { guarded } from './support/guarded.ts';
import { garbage } from './support/mutations.ts';

const admin = { '{"env":"ADMIN"}': new Secret(`postgres://admin:${canary}@db`) };
const declared = { type: 'postgres', host: 'db.internal', admin: { env: 'ADMIN' }, logins: ['orders_a', 'orders_b'] };
const config = connector.schema.parse(declared);
const { ctx, guard } = guarded(admin);
const provider = guardProvider(guard, connector, config);
const value = { user: new Secret('orders_a'), password: new Secret(canary) };

/** What the client library gives for a statement, or throws. */
type Answer = { rows: unknown[]; rowCount: unknown } | { error: unknown };

/** From now on these are the server's answers, one after the other: to the login first, then to each statement. */
function serve(login: Answer, answers: readonly Answer[]): void {
  const left = [...answers];
  const settle = async (answer: Answer | undefined) => {
    if (answer && 'error' in answer) throw answer.error;
    return answer ?? { rows: [], rowCount: 0 };
  };
  vi.spyOn(pg.Client.prototype, 'connect').mockImplementation((() => settle(login)) as never);
  vi.spyOn(pg.Client.prototype, 'query').mockImplementation((() => settle(left.shift())) as never);
  vi.spyOn(pg.Client.prototype, 'end').mockImplementation((async () => {}) as never);
}
afterEach(() => vi.restoreAllMocks());

const sqlstates = fc.constantFrom(
  '28P01',
  '28000',
  '42501',
  '57014',
  '53300',
  'XX000',
  '3D000',
  '25006',
  '99999',
  '0',
  'ECONNREFUSED',
  'CERT_HAS_EXPIRED',
  '__proto__',
  '',
);
const messages = fc.constantFrom(
  'no',
  '',
  `password ${canary} is wrong`,
  `FATAL: ${Buffer.from(canary).toString('base64')}`,
  'Connection terminated unexpectedly',
  'timeout expired',
  'SASL: x',
);
const failures = fc
  .record({
    code: fc.oneof(sqlstates, garbage),
    routine: fc.constantFrom('auth_failed', 'InitializeSessionUserId', undefined, 7),
    detail: fc.constantFrom(undefined, canary),
    message: messages,
  })
  .map(({ message, ...more }) => Object.assign(new Error(message), more));
const thrown = fc.record({
  error: fc.oneof(
    { weight: 8, arbitrary: failures },
    { weight: 1, arbitrary: fc.constantFrom<unknown>(undefined, null, 'x', 7, new TypeError(canary)) },
  ),
});

const comments = fc.oneof(
  fc.constantFrom(
    null,
    '',
    'keyturn empty',
    'keyturn key=orders_a/1 made=2026-01-01T00:00:00.000Z',
    'a note keyturn key=orders_b/2',
    'keyturn key=',
    'keyturn key=x keyturn empty',
  ),
  fc.string({ unit: 'binary' }),
);
const rows = fc.record(
  {
    login: fc.constantFrom('orders_a', 'orders_b', 'stranger', null),
    can_login: fc.constantFrom(true, false, null, 'f'),
    comment: fc.oneof(comments, garbage),
    by: fc.constantFrom('app', null),
    member: fc.constantFrom(true, false, null),
  },
  { requiredKeys: [] },
);
const answers: fc.Arbitrary<Answer> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      rows: fc.array(fc.oneof({ weight: 5, arbitrary: rows }, { weight: 1, arbitrary: garbage }), { maxLength: 3 }),
      rowCount: fc.oneof(fc.nat({ max: 2 }), fc.constantFrom(null, undefined, -1)),
    }),
  },
  { weight: 1, arbitrary: thrown },
);
const several = fc.array(answers, { maxLength: 8 });
const logsIn = fc.oneof(
  { weight: 9, arbitrary: fc.constant<Answer>({ rows: [], rowCount: 0 }) },
  { weight: 1, arbitrary: thrown },
);

const states = {
  sqlstate: (error: unknown) => (error as { code?: unknown } | undefined)?.code,
  routine: (error: unknown) => (error as { routine?: unknown } | undefined)?.routine,
};

describe('what the server answers', () => {
  fuzz(
    'to a login',
    fc.tuple(fc.oneof(logsIn, thrown), answers),
    async ([login, answer]) => {
      serve(login, [answer]);
      const result = await outcome(() => provider.verify(ctx, value));
      const error = 'error' in login ? login.error : 'error' in answer ? answer.error : undefined;
      const isFailure = 'error' in login || 'error' in answer;
      if ('error' in result) return expect(isFailure).toBe(true);
      assertNoCanary(JSON.stringify(result.value), 'a verdict');
      if (result.value.verdict === 'accepted') return expect(isFailure).toBe(false);
      expect(['28P01', '28000']).toContain(states.sqlstate(error));
      if (states.sqlstate(error) === '28000') expect(states.routine(error)).not.toBe('auth_failed');
    },
    0.4,
  );

  fuzz(
    'to the question which keys there are',
    fc.tuple(logsIn, several),
    async ([login, all]) => {
      serve(login, [{ rows: [], rowCount: 0 }, { rows: [], rowCount: 0 }, ...all]);
      const result = await outcome(() => provider.inventory(ctx, ['orders_a/1']));
      if ('error' in result) return;
      for (const { id, state, etag } of result.value) {
        expect(id.length).toBeGreaterThan(0);
        expect(['active', 'disabled']).toContain(state);
        expect(typeof etag).toBe('string');
        assertNoCanary(id, 'a key id');
      }
    },
    0.3,
  );

  const key: Key = { id: 'orders_b/2', state: 'active', etag: 'nologin; keyturn empty' };
  const changes = fc.constantFrom('apply', 'disable', 'enable', 'remove', 'choose', 'prepare');

  fuzz(
    'to a change',
    fc.tuple(changes, several),
    async ([change, all]) => {
      // The login, `begin`, the time limit and the lock are as they should be: what is read after them is not.
      const { ctx: at, guard: own } = guarded(admin);
      const { apply, choose, disable, enable, prepare, remove } = guardProvider(own, connector, config);
      const isQuick = { ...at, sleep: async () => {} };
      serve({ rows: [], rowCount: 0 }, [...Array(3).fill({ rows: [], rowCount: 0 }), ...all]);
      await outcome<unknown>(() => {
        if (change === 'apply')
          return apply?.(
            isQuick,
            { key, value: { user: new Secret('orders_b'), password: new Secret(canary) } },
            undefined,
          );
        if (change === 'choose') return choose?.(isQuick, { held: 'orders_a/1', keys: [] });
        if (change === 'prepare') return prepare?.(isQuick);
        return { disable, enable, remove }[change as 'disable' | 'enable' | 'remove']?.(isQuick, key);
      });
    },
    0.2,
  );
});

fuzz(
  'a comment is read and written again without a change to what people wrote',
  comments,
  (comment) => {
    const { note, marker } = readComment(comment ?? '');
    expect(readComment(writeComment(note, marker)).marker).toEqual(marker);
    expect((comment ?? '').startsWith(note)).toBe(true);
  },
  0.2,
);

const logins = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    canary,
    `:${canary}@`,
    `postgres://a:${canary}%zz@h`,
    `mysql://a:${canary}@h`,
    `postgres://${canary}@h`,
    `a:${canary} b@h`,
  ),
);

fuzz(
  'an admin login that is none is not repeated',
  logins,
  async (text) => {
    serve({ rows: [], rowCount: 0 }, []);
    const own = guarded({ '{"env":"ADMIN"}': new Secret(text) });
    await outcome(() => guardProvider(own.guard, connector, config).inventory(own.ctx, []));
  },
  0.1,
);
