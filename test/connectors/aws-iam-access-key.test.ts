import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { connector } from '../../connectors/providers/aws-iam-access-key/index.ts';
import { policyFor } from '../../connectors/providers/aws-iam-access-key/prepare.ts';
import { type Context, type KeyValue, type NewKey, Secret } from '../../contract/index.ts';
import { type LossyRoad, lossyRoad, queryError } from '../support/aws/lossy.ts';
import {
  type AccessKey,
  type Admin,
  delayKeysOf,
  makeKey,
  makeRotator,
  makeUser,
  owner,
  policyIn,
} from '../support/aws/places.ts';
import { testContext } from '../support/context.ts';

const readme = new URL('../../connectors/providers/aws-iam-access-key/README.md', import.meta.url);
let user: string;
let admin: Admin;
let ctx: Context;
let road: LossyRoad;

beforeEach(async () => {
  user = await makeUser('app');
  admin = await makeRotator(await policyIn(readme, { ACCOUNT: inject('aws').account, USER: user }));
  ctx = testContext({ secrets: admin.secrets });
  road = await lossyRoad(inject('aws').endpoint);
});
afterEach(() => road.close());

function open(changes: object = {}) {
  const { endpoint, account } = inject('aws');
  const config = { type: 'aws-iam-access-key', user, account, endpoint, admin: admin.refs };
  return connector.open(connector.schema.parse({ ...config, ...changes }));
}

function value(key: AccessKey): KeyValue {
  return { accessKeyId: new Secret(key.id), secretAccessKey: new Secret(key.secret) };
}

/** The error of a promise that must fail. */
async function failure(of: Promise<unknown> | undefined): Promise<Error & { kind?: string; fix?: string }> {
  return (of ?? Promise.resolve()).then(
    () => {
      throw new Error('it succeeded');
    },
    (error) => error,
  );
}

describe('life of a key', () => {
  test('made, used, disabled, enabled, removed; each call twice', async () => {
    const provider = open();
    const made = await provider.mint?.(ctx);
    if (!made) throw new Error('no key');
    expect(await provider.identify(ctx, made.value)).toBe(made.key.id);
    expect(await provider.verify(ctx, made.value)).toMatchObject({ verdict: 'accepted' });
    for (const _ of 'ab') await provider.disable?.(ctx, made.key);
    expect(await provider.verify(ctx, made.value)).toEqual({ verdict: 'refused', answer: 'InvalidClientTokenId' });
    expect(await provider.inventory(ctx, [])).toMatchObject([{ id: made.key.id, state: 'disabled' }]);
    for (const _ of 'ab') await provider.enable?.(ctx, made.key);
    expect(await provider.verify(ctx, made.value)).toMatchObject({ verdict: 'accepted' });
    for (const _ of 'ab') await provider.remove(ctx, made.key);
    expect(await provider.verify(ctx, made.value)).toEqual({ verdict: 'refused', answer: 'InvalidClientTokenId' });
    expect(connector.classify(await failure(provider.disable?.(ctx, made.key)))).toBe('not-found');
  });

  test('a change that takes time to spread is seen as it is', async () => {
    const provider = open();
    const verdict = async (made: NewKey | undefined) => (await provider.verify(ctx, made?.value ?? {})).verdict;
    await delayKeysOf(user, 200);
    const first = await provider.mint?.(ctx);
    await expect.poll(() => verdict(first), { timeout: 10_000 }).toBe('accepted');
    await delayKeysOf(user, 3_600_000);
    expect(await verdict(await provider.mint?.(ctx))).toBe('refused');
    await provider.disable?.(ctx, { id: first?.key.id ?? '', state: 'active' });
    expect(await verdict(first)).toBe('accepted');
  });

  test('a lost reply to CreateAccessKey leaves one key, which the inventory shows', async () => {
    const provider = open({ endpoint: road.endpoint });
    road.loseReplyTo('CreateAccessKey');
    const error = await failure(provider.mint?.(ctx));
    expect(connector.classify(error)).toBe('transient');
    expect(road.seen).toEqual(['CreateAccessKey']);
    expect(await provider.inventory(ctx, [])).toHaveLength(1);
  });

  test('lost replies to the other changes: the call can be repeated', async () => {
    const provider = open({ endpoint: road.endpoint });
    const key = { id: (await makeKey(user)).id, state: 'active' as const };
    road.loseReplyTo('UpdateAccessKey');
    expect(connector.classify(await failure(provider.disable?.(ctx, key)))).toBe('transient');
    await provider.disable?.(ctx, key);
    road.loseReplyTo('DeleteAccessKey');
    expect(connector.classify(await failure(provider.remove(ctx, key)))).toBe('transient');
    await provider.remove(ctx, key);
    expect(await provider.inventory(ctx, [])).toEqual([]);
  });

  test('at the limit it lists both keys and deletes neither', async () => {
    const provider = open();
    const keys = [await makeKey(user), await makeKey(user)];
    await provider.disable?.(ctx, { id: keys[1]?.id ?? '', state: 'active' });
    const error = await failure(provider.mint?.(ctx));
    expect(error).toMatchObject({ kind: 'limit', fix: expect.stringContaining('replace') });
    expect(error.message).toMatch(new RegExp(`${keys[0]?.id} \\(active, made 20.*${keys[1]?.id} \\(disabled`));
    expect(await provider.inventory(ctx, [])).toHaveLength(2);
  });
});

describe('last use', () => {
  test('never, then when and where; a refused attempt does not count', async () => {
    const provider = open();
    const key = await makeKey(user);
    await provider.verify(ctx, value({ ...key, secret: 'wrong' }));
    expect(await provider.inventory(ctx, [])).toMatchObject([{ lastUse: 'never' }]);
    await provider.verify(ctx, value(key));
    const [used] = await provider.inventory(ctx, []);
    expect(used?.lastUse).toMatchObject({ at: expect.stringMatching(/^20.*Z$/), by: 'sts in us-east-1' });
  });

  test('is unknown, not never, for a key older than the tracking', async () => {
    const { id } = await makeKey(user);
    const member = `<member><UserName>${user}</UserName><AccessKeyId>${id}</AccessKeyId><Status>Active</Status><CreateDate>2014-01-01T00:00:00Z</CreateDate></member>`;
    const body = `<ListAccessKeysResponse><ListAccessKeysResult><AccessKeyMetadata>${member}</AccessKeyMetadata><IsTruncated>false</IsTruncated></ListAccessKeysResult></ListAccessKeysResponse>`;
    road.answer('ListAccessKeys', { status: 200, type: 'text/xml', body });
    expect(await open({ endpoint: road.endpoint }).inventory(ctx, [])).toMatchObject([{ id, lastUse: 'unknown' }]);
  });
});

describe('verify', () => {
  const verify = async (key?: AccessKey) =>
    open({ endpoint: road.endpoint }).verify(ctx, value(key ?? (await makeKey(user))));

  test('a wrong secret is refused', async () => {
    const key = await makeKey(user);
    expect(await verify({ ...key, secret: 'wrong' })).toEqual({ verdict: 'refused', answer: 'SignatureDoesNotMatch' });
  });

  test.each([
    'Signature expired: 20191029T154623Z is now earlier than 20191029T163344Z',
    'Signature not yet current: x',
  ])('a wrong clock is not a wrong secret: %s', async (message) => {
    road.answer('GetCallerIdentity', queryError('SignatureDoesNotMatch', message));
    expect(await failure(verify())).toMatchObject({ kind: 'invalid', fix: expect.stringContaining('clock') });
  });

  test('AccessDenied that names the user is an answer, any other is not', async () => {
    const arn = `arn:aws:iam::${inject('aws').account}:user/${user}`;
    road.answer('GetCallerIdentity', queryError('AccessDenied', `User: ${arn} is not authorized to perform: sts:x`));
    expect(await verify()).toEqual({ verdict: 'accepted', answer: 'AccessDenied' });
    await owner().iam.deleteAccessKey({ UserName: user, AccessKeyId: (await open().inventory(ctx, []))[0]?.id ?? '' });
    road.answer('GetCallerIdentity', queryError('AccessDenied', 'no'));
    expect(connector.classify(await failure(verify()))).toBe('unauthorized');
  });

  test("another user's key is neither accepted nor refused", async () => {
    const other = await makeUser('other');
    const error = await failure(verify(await makeKey(other)));
    expect(error).toMatchObject({ kind: 'invalid', message: expect.stringContaining(`user/${other}`) });
  });

  test.each([
    ['ServiceUnavailable', 503, 'transient'],
    ['Throttling', 400, 'rate-limited'],
    ['', 502, 'transient'],
  ])('%s (%i) is %s', async (code, status, kind) => {
    road.answer('GetCallerIdentity', queryError(code, 'later', status));
    expect(connector.classify(await failure(verify()))).toBe(kind);
  });

  test.each([
    ['ENOTFOUND', 'transient'],
    ['EAI_AGAIN', 'transient'],
    ['CERT_HAS_EXPIRED', 'invalid'],
    ['EACCES', undefined],
  ])('%s is %s', (code, kind) => {
    expect(connector.classify(Object.assign(new Error(code), { code }))).toBe(kind);
  });

  test('an empty field is invalid', async () => {
    expect(await failure(verify({ id: '', secret: 'x' }))).toMatchObject({ kind: 'invalid' });
  });
});

describe('admin', () => {
  test('policy.json is exactly what `prepare` prints, and it reaches no other user', async () => {
    expect(JSON.parse(await policyIn(readme, {}))).toEqual(policyFor({ user: 'USER', account: 'ACCOUNT' }));
    const other = await makeUser('other');
    expect(connector.classify(await failure(open({ user: other }).mint?.(ctx)))).toBe('unauthorized');
  });

  test('prepare names what is wrong', async () => {
    expect(await open().prepare?.(ctx)).toMatchObject({ ready: true, problems: [] });
    await makeKey(user);
    await makeKey(user);
    expect(await open().prepare?.(ctx)).toMatchObject({ problems: [expect.stringContaining('no room')] });
    const other = open({ user: await makeUser('other') });
    expect(await other.prepare?.(ctx)).toMatchObject({
      ready: false,
      problems: [expect.stringContaining('AccessDenied')],
    });
  });

  test('no error shows a secret', async () => {
    const key = await makeKey(user);
    road.answer('GetCallerIdentity', queryError('AccessDenied', 'no'));
    const errors = [
      await failure(open({ endpoint: road.endpoint }).verify(ctx, value(key))),
      await failure(open({ endpoint: 'http://127.0.0.1:1' }).mint?.(ctx)),
    ];
    const shown = inspect(errors, { depth: 20, showHidden: true });
    for (const secret of [key.secret, ...Object.values(admin.secrets).map((held) => held.reveal())]) {
      expect(shown.includes(secret)).toBe(false);
    }
  });
});

describe('configuration', () => {
  const parse = (changes: object) =>
    connector.schema.safeParse({ type: 'aws-iam-access-key', user: 'app', ...changes });

  test('defaults, in milliseconds', () => {
    const config = connector.schema.parse({ type: 'aws-iam-access-key', user: 'App', account: '123456789012' });
    expect(connector.powers(config)).toMatchObject({ lastUsedLagMs: 14_400_000, propagationMsMax: 15_000, keysMax: 2 });
    expect(connector.principals(config)).toEqual(['aws iam user 123456789012/app']);
  });

  test.each([
    [{ endpoint: 'http://aws.example' }],
    [{ unknown: 1 }],
    [{ user: 'path/app' }],
    [{ account: '12' }],
    [{ admin: { accessKeyId: 'AKIA', secretAccessKey: 'x' } }],
  ])('%j is refused', (changes) => {
    expect(parse(changes).success).toBe(false);
  });
});
