import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { guardProvider } from '../../connectors/guard.ts';
import { connector } from '../../connectors/providers/aws-iam-access-key/index.ts';
import { type Key, type Provider, Secret } from '../../contract/index.ts';
import {
  type Answer,
  account,
  answersOf,
  element,
  lists,
  own,
  serve,
  texts,
  times,
  uses,
  wrap,
} from './support/aws.ts';
import { assertNoCanary, canary, outcome, showsCanary } from './support/canary.ts';
import { fuzz } from './support/fuzz.ts';
import { guarded } from './support/guarded.ts';

const refs = { accessKeyId: { env: 'ADMIN_ID' }, secretAccessKey: { env: 'ADMIN_SECRET' } };
const admin = {
  '{"env":"ADMIN_ID"}': new Secret('AKIAADMIN00000000000'),
  '{"env":"ADMIN_SECRET"}': new Secret(canary),
};
/** Where nobody is: a request that the stand-in below missed would fail. */
const endpoint = 'http://127.0.0.1:1';
const config = connector.schema.parse({ type: 'aws-iam-access-key', user: 'mailer', account, endpoint, admin: refs });
const { ctx, guard } = guarded(admin);
const provider: Provider = guardProvider(guard, connector, config);
const value = { accessKeyId: new Secret('AKIAMAILER0000000002'), secretAccessKey: new Secret(canary) };

afterEach(() => vi.restoreAllMocks());

const instant = /^[+-]?\d{4,6}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

function assertKeys(keys: readonly Key[], answers: readonly Answer[]): void {
  const all = answers.map(({ body }) => body).join('\n');
  for (const { id, state, createdAt = '2026-01-01T00:00:00.000Z', lastUse } of keys) {
    expect(typeof id).toBe('string');
    if (!/[<>&]/.test(id)) expect(all).toContain(id);
    expect(['active', 'disabled']).toContain(state);
    if (state === 'active') expect(all).toContain('>Active<');
    expect(createdAt).toMatch(instant);
    if (typeof lastUse === 'object') expect(lastUse.at).toMatch(instant);
    else expect(['never', 'unknown']).toContain(lastUse);
  }
}

describe('what AWS answers', () => {
  const inventories = fc
    .tuple(answersOf(lists), fc.array(answersOf(fc.oneof(uses, lists)), { maxLength: 2 }))
    .map(([first, more]) => [first, ...more]);

  fuzz(
    'to a list of keys',
    inventories,
    async (answers) => {
      serve(answers);
      const result = await outcome(() => provider.inventory(ctx, []));
      if ('value' in result) assertKeys(result.value, answers);
    },
    0.3,
  );

  const arns = fc.constantFrom(
    own,
    own,
    `arn:aws-cn:iam::${account}:user/team/mailer`,
    `arn:aws:iam::999999999999:user/mailer`,
    `arn:aws:iam::${account}:user/mailer2`,
    `arn:aws:iam::${account}:root`,
    `arn:aws:sts::${account}:assumed-role/mailer/mailer`,
    `x${own}`,
    `${own}/`,
    `${own}\nx`,
    '',
    `arn:aws:iam::${account}:user/mailer/evil`,
  );
  const identities = arns.map((arn) => wrap('GetCallerIdentity', element('Arn', arn) + element('Account', account)));

  fuzz(
    'to the question whose key it is',
    answersOf(identities),
    async (answer) => {
      serve([answer]);
      const result = await outcome(() => provider.verify(ctx, value));
      if ('error' in result) return;
      const { status, body } = answer;
      if (result.value.verdict === 'accepted')
        expect(body).toMatch(/arn:aws[\w-]*:iam::123456789012:user\/(team\/)?mailer/);
      else expect(status >= 300 && /InvalidClientTokenId|SignatureDoesNotMatch/.test(body)).toBe(true);
      assertNoCanary(JSON.stringify(result.value), 'a verdict');
    },
    0.5,
  );

  const made = fc
    .record({
      AccessKeyId: texts,
      SecretAccessKey: fc.constantFrom(canary, canary, undefined, ''),
      Status: texts,
      CreateDate: times,
    })
    .map((key) =>
      wrap(
        'CreateAccessKey',
        element(
          'AccessKey',
          Object.entries(key)
            .map(([name, text]) => element(name, text))
            .join(''),
        ),
      ),
    );

  /** Only the answer itself can hold the new secret. */
  const mints = answersOf(made).map(({ status, body }) => ({
    status,
    body: body.includes('AccessKey') ? body : body.replaceAll(canary, 'x'),
  }));

  fuzz(
    'to the wish for a new key',
    mints,
    async (answer) => {
      fc.pre(!showsCanary(answer.body.replaceAll(element('SecretAccessKey', canary), '')));
      serve([answer]);
      // Nobody knows the new secret yet: what cannot be read must not be repeated.
      const stranger = guarded({ ...admin, '{"env":"ADMIN_SECRET"}': new Secret('another secret') });
      const result = await outcome(() => guardProvider(stranger.guard, connector, config).mint?.(stranger.ctx));
      if ('error' in result || !result.value) return;
      expect(result.value.key.id).not.toBe('');
      expect(result.value.value.secretAccessKey?.reveal()).not.toBe('');
      expect(answer.status).toBeLessThan(300);
    },
    0.2,
  );
});

describe('what is no answer to the question', () => {
  const key = '<AccessKeyId>AKIAMAILER0000000001</AccessKeyId><CreateDate>2026-01-01T00:00:00Z</CreateDate>';
  const list = (inner: string) => ({
    status: 200,
    body: wrap('ListAccessKeys', `<AccessKeyMetadata><member>${inner}</member></AccessKeyMetadata>`),
  });

  test.each(['', '<html>sign in</html>', '<ListAccessKeysResponse/>'])(
    'a page in place of the list, %j, is not taken for no keys',
    async (body) => {
      serve([{ status: 200, body }]);
      expect(await outcome(() => provider.inventory(ctx, []))).toHaveProperty('error');
    },
  );

  test.each(['', '<html>sign in</html>', '<GetAccessKeyLastUsedResponse/>'])(
    'a page in place of the last use, %j, is not taken for "never used"',
    async (body) => {
      serve([list(`${key}<Status>Active</Status>`), { status: 200, body }]);
      const result = await outcome(() => provider.inventory(ctx, []));
      expect('value' in result && result.value[0]?.lastUse).not.toBe('never');
    },
  );

  test.each(['toString', '__proto__', 'constructor'])('the error code %s has a kind of ours', async (code) => {
    const body = `<ErrorResponse><Error>${element('Code', code)}${element('Message', 'no')}</Error></ErrorResponse>`;
    serve([{ status: 400, body }]);
    expect(await outcome(() => provider.inventory(ctx, []))).toHaveProperty('error');
  });

  test('an answer with a new secret that is no XML any more is not quoted', async () => {
    const torn = wrap(
      'CreateAccessKey',
      `<AccessKey><AccessKeyId>AKIA</AccessKey${canary}</SecretAccessKey></AccessKey>`,
    );
    serve([{ status: 200, body: torn }]);
    const stranger = guarded({ ...admin, '{"env":"ADMIN_SECRET"}': new Secret('another secret') });
    await outcome(() => guardProvider(stranger.guard, connector, config).mint?.(stranger.ctx));
  });

  test('a key without a status is not taken for a disabled one', async () => {
    serve([list(key), { status: 200, body: wrap('GetAccessKeyLastUsed', '<AccessKeyLastUsed/>') }]);
    const result = await outcome(() => provider.inventory(ctx, []));
    expect('value' in result && result.value[0]?.state).not.toBe('disabled');
  });
});
