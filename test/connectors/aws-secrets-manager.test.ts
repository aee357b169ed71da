import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { connector } from '../../connectors/vaults/aws-secrets-manager/index.ts';
import { type Context, Secret } from '../../contract/index.ts';
import { type LossyRoad, lossyRoad } from '../support/aws/lossy.ts';
import { type Admin, makeRotator, owner, policyIn } from '../support/aws/places.ts';
import { testContext } from '../support/context.ts';

const readme = new URL('../../connectors/vaults/aws-secrets-manager/README.md', import.meta.url);
let name: string;
let admin: Admin;
let ctx: Context;
let road: LossyRoad;

beforeEach(async () => {
  const { endpoint, region, account } = inject('aws');
  name = `app/${randomUUID()}`;
  await owner().secrets.createSecret({ Name: name });
  admin = await makeRotator(await policyIn(readme, { REGION: region, ACCOUNT: account, NAME: name }));
  ctx = testContext({ secrets: admin.secrets });
  road = await lossyRoad(endpoint);
});
afterEach(() => road.close());

function open(changes: object = {}) {
  const { region } = inject('aws');
  const config = { vault: 'aws-secrets-manager', secret: name, region, endpoint: road.endpoint, admin: admin.refs };
  return connector.open(connector.schema.parse({ ...config, ...changes }));
}

async function stages(): Promise<Record<string, string[]>> {
  return (await owner().secrets.describeSecret({ SecretId: name })).VersionIdsToStages ?? {};
}

async function put(text: string, ...VersionStages: string[]): Promise<string> {
  const stored = await owner().secrets.putSecretValue({ SecretId: name, SecretString: text, VersionStages });
  return stored.VersionId ?? '';
}

const failure = (of: Promise<unknown> | undefined): Promise<Error & { kind?: string }> =>
  (of ?? Promise.resolve()).then(
    () => {
      throw new Error('it succeeded');
    },
    (error) => error,
  );
const kindOf = async (of: Promise<unknown> | undefined) => {
  const error = await failure(of);
  return error.kind ?? connector.classify(error);
};
const secret = (text: string) => new Secret(text);

describe('write', () => {
  test('a lost reply, at either call: repeated, there is one new version', async () => {
    const v1 = await put('one', 'AWSCURRENT');
    for (const lost of ['PutSecretValue', 'UpdateSecretVersionStage']) {
      road.loseReplyTo(lost);
      expect(await kindOf(open().write(ctx, secret('two'), v1))).toBe('transient');
    }
    const { id } = await open().write(ctx, secret('two'), v1);
    expect(await stages()).toEqual({ [v1]: ['AWSCURRENT'], [id]: ['keyturn', 'AWSPENDING'] });
  });

  test('a lost reply to the first value of all', async () => {
    road.loseReplyTo('PutSecretValue');
    expect(await kindOf(open().write(ctx, secret('one'), 'absent'))).toBe('transient');
    const { id } = await open().write(ctx, secret('one'), 'absent');
    expect(await stages()).toEqual({ [id]: expect.arrayContaining(['AWSCURRENT']) });
  });

  test('late, after the move, it changes nothing', async () => {
    const v1 = await put('one', 'AWSCURRENT');
    const { id } = await open().write(ctx, secret('two'), v1);
    await open().moveCurrent(ctx, id, v1);
    const before = await stages();
    expect(await open().write(ctx, secret('two'), v1)).toMatchObject({ id });
    expect(await stages()).toEqual(before);
  });

  test("somebody's pending version stays, also when it comes in between", async () => {
    const v1 = await put('one', 'AWSCURRENT');
    let theirs = '';
    road.before('PutSecretValue', async () => {
      theirs = await put('theirs', 'AWSPENDING');
    });
    expect(await kindOf(open().write(ctx, secret('two'), v1))).toBe('conflict');
    expect((await stages())[theirs]).toEqual(['AWSPENDING']);
    road.seen.length = 0;
    expect(await kindOf(open().write(ctx, secret('two'), v1))).toBe('conflict');
    expect(road.seen).not.toContain('PutSecretValue');
  });

  test('a current that moves in between is a conflict', async () => {
    const v1 = await put('one', 'AWSCURRENT');
    road.before('PutSecretValue', () => put('theirs', 'AWSCURRENT'));
    expect(await kindOf(open().write(ctx, secret('two'), v1))).toBe('conflict');
    expect(await open().read(ctx, 'pending')).toBe('absent');
  });

  test('two first values at once: one is current, the other is told', async () => {
    let theirs = '';
    road.before('PutSecretValue', async () => {
      theirs = await put('theirs', 'AWSCURRENT');
    });
    expect(await kindOf(open().write(ctx, secret('one'), 'absent'))).toBe('conflict');
    expect(await open().read(ctx, 'current')).toMatchObject({ version: { id: theirs } });
  });

  test('AWSPENDING left on the current version is not in the way', async () => {
    const v1 = await put('one', 'AWSCURRENT', 'AWSPENDING');
    expect(await open().read(ctx, 'pending')).toBe('absent');
    const { id } = await open().write(ctx, secret('two'), v1);
    expect(await stages()).toEqual({ [v1]: ['AWSCURRENT'], [id]: ['keyturn', 'AWSPENDING'] });
  });

  test('what was destroyed can be written again, under the same id', async () => {
    const v1 = await put('one', 'AWSCURRENT');
    const { id } = await open().write(ctx, secret('two'), v1);
    await open().destroy(ctx, id);
    expect(await stages()).toEqual({ [v1]: ['AWSCURRENT'] });
    expect(await open().write(ctx, secret('two'), v1)).toEqual({ id });
    expect(await open().read(ctx, 'pending')).toMatchObject({ version: { id } });
  });
});

describe('moveCurrent', () => {
  test('a lost reply, at either call: repeated, the end is the same', async () => {
    const v1 = await put('one', 'AWSCURRENT');
    const { id } = await open().write(ctx, secret('two'), v1);
    for (const _ of 'ab') {
      road.loseReplyTo('UpdateSecretVersionStage');
      expect(await kindOf(open().moveCurrent(ctx, id, v1))).toBe('transient');
    }
    expect(await open().moveCurrent(ctx, id, v1)).toEqual({ id });
    expect(await stages()).toEqual({ [v1]: ['AWSPREVIOUS'], [id]: ['keyturn', 'AWSCURRENT'] });
  });

  test('and back: the known-good is current again, the other previous', async () => {
    const v1 = await put('one', 'AWSCURRENT');
    const { id } = await open().write(ctx, secret('two'), v1);
    await open().moveCurrent(ctx, id, v1);
    for (const _ of 'ab') await open().moveCurrent(ctx, v1, id);
    expect(await stages()).toEqual({ [v1]: ['AWSCURRENT'], [id]: ['keyturn', 'AWSPREVIOUS'] });
    await open().destroy(ctx, id);
    expect(await kindOf(open().moveCurrent(ctx, id, v1))).toBe('not-found');
    expect(await stages()).toEqual({ [v1]: ['AWSCURRENT'] });
  });

  test('AWS itself refuses when current moves in between', async () => {
    const v1 = await put('one', 'AWSCURRENT');
    const { id } = await open().write(ctx, secret('two'), v1);
    let theirs = '';
    road.before('UpdateSecretVersionStage', async () => {
      theirs = await put('theirs', 'AWSCURRENT');
    });
    expect(await kindOf(open().moveCurrent(ctx, id, v1))).toBe('conflict');
    expect(await open().read(ctx, 'current')).toMatchObject({ version: { id: theirs } });
  });
});

describe('destroy', () => {
  test("takes our labels and leaves others'", async () => {
    const v1 = await put('one', 'AWSCURRENT');
    const { id } = await open().write(ctx, secret('two'), v1);
    await owner().secrets.updateSecretVersionStage({ SecretId: name, VersionStage: 'blue', MoveToVersionId: id });
    road.loseReplyTo('UpdateSecretVersionStage');
    expect(await kindOf(open().destroy(ctx, id))).toBe('transient');
    for (const _ of 'ab') await open().destroy(ctx, id);
    expect(await stages()).toEqual({ [v1]: ['AWSCURRENT'], [id]: ['blue'] });
    expect(await kindOf(open().destroy(ctx, v1))).toBe('conflict');
    await open().destroy(ctx, randomUUID());
  });
});

describe('what cannot be used', () => {
  test('a binary value, a secret that is going or is not there, and no permission', async () => {
    expect(await open().read(ctx, 'current')).toBe('absent');
    await owner().secrets.putSecretValue({ SecretId: name, SecretBinary: new Uint8Array([1]) });
    expect(await kindOf(open().read(ctx, 'current'))).toBe('invalid');
    const v2 = await put('two', 'AWSCURRENT');
    await owner().secrets.deleteSecret({ SecretId: name });
    expect(await failure(open().write(ctx, secret('three'), v2))).toMatchObject({
      kind: 'invalid',
      message: expect.stringContaining('scheduled for deletion'),
    });
    expect(await kindOf(open().read(ctx, 'current'))).toBe('invalid');
    expect(await open().warnings?.(ctx)).toEqual([expect.stringContaining('scheduled for deletion')]);
    expect(await kindOf(open({ secret: 'another' }).read(ctx, 'current'))).toBe('unauthorized');
  });

  test('a secret that does not exist is not-found', async () => {
    await owner().secrets.deleteSecret({ SecretId: name, ForceDeleteWithoutRecovery: true });
    const { region, account } = inject('aws');
    admin = await makeRotator(await policyIn(readme, { REGION: region, ACCOUNT: account, 'NAME-*': '*' }));
    ctx = testContext({ secrets: admin.secrets });
    expect(await kindOf(open().read(ctx, 'current'))).toBe('not-found');
    expect(await kindOf(open().write(ctx, secret('one'), 'absent'))).toBe('not-found');
  });

  test('warnings', async () => {
    await put('one', 'AWSCURRENT');
    expect(await open().warnings?.(ctx)).toEqual([]);
    await put('two', 'AWSPENDING');
    expect(await open().warnings?.(ctx)).toEqual([expect.stringContaining('AWSPENDING')]);
  });

  test('an answer that is no answer is judged by its status', async () => {
    for (const [status, kind] of [
      [403, 'unauthorized'],
      [503, 'transient'],
      [429, 'rate-limited'],
    ] as const) {
      road.answer('GetSecretValue', { status, type: 'text/html', body: '<html>proxy</html>' });
      expect(await kindOf(open().read(ctx, 'current'))).toBe(kind);
    }
  });

  test.each([
    ['ENOTFOUND', 'transient'],
    ['EAI_AGAIN', 'transient'],
    ['CERT_HAS_EXPIRED', 'invalid'],
    ['EACCES', undefined],
  ])('%s is %s', (code, kind) => {
    expect(connector.classify(Object.assign(new Error(code), { code }))).toBe(kind);
  });

  test('a wrong clock is invalid', async () => {
    const body = JSON.stringify({
      __type: 'InvalidSignatureException',
      message: 'Signature expired: x is now earlier',
    });
    road.answer('GetSecretValue', { status: 400, type: 'application/x-amz-json-1.1', body });
    expect(await kindOf(open().read(ctx, 'current'))).toBe('invalid');
  });

  test('no error shows a value', async () => {
    road.loseReplyTo('PutSecretValue');
    const shown = inspect(await failure(open().write(ctx, secret('very-secret-value'), 'absent')), {
      depth: 20,
      showHidden: true,
    });
    expect(shown).not.toContain('very-secret-value');
  });
});

describe('configuration', () => {
  const base = { vault: 'aws-secrets-manager', secret: 'app', region: 'eu-central-1' };
  const arn = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:app-AbCdEf';

  test('location', () => {
    const at = (value: string) => connector.location(connector.schema.parse({ ...base, secret: value }));
    expect(at('app')).toBe('aws secrets manager eu-central-1/app');
    expect(at(arn)).toBe('aws secrets manager eu-central-1/123456789012/app');
  });

  test.each([[{ endpoint: 'http://aws.example' }], [{ region: 'us-east-1', secret: arn }], [{ unknown: 1 }]])(
    '%j is refused',
    (changes) => {
      expect(connector.schema.safeParse({ ...base, ...changes }).success).toBe(false);
    },
  );
});
