import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { clientFor } from '../../connectors/vaults/gcp-secret-manager/client.ts';
import { configFor, googleContext, makeSecret } from '../../connectors/vaults/gcp-secret-manager/harness.ts';
import { connector } from '../../connectors/vaults/gcp-secret-manager/index.ts';
import { type Context, type KeyturnError, Secret, type Vault } from '../../contract/index.ts';
import { type Google, startGoogle } from '../support/google/server.ts';
import { unavailable } from '../support/google/status.ts';

let google: Google;
let ctx: Context;

beforeAll(async () => {
  google = await startGoogle();
  ctx = googleContext(google.address);
});
afterAll(() => google.stop());
beforeEach(() => {
  google.intercept = undefined;
});

/** A target that holds `first` as its version 1, and the owner's view of it. */
async function target(readers: 'latest' | 'alias', more: object = {}) {
  const name = await makeSecret(google.address, ctx, more);
  const vault = connector.open(configFor(google.address, name, { as: readers, readers }));
  const owner = await clientFor(ctx, configFor(google.address, name, { as: 'owner' }));
  const add = async (value: string) => owner.addSecretVersion({ parent: name, payload: { data: Buffer.from(value) } });
  await add('first');
  return { name, vault, owner, add, record: () => google.secrets.live(name) };
}

const values = (name: string) => google.secrets.live(name).versions.map(({ data }) => data?.toString() ?? 'gone');
const text = async (vault: Vault, which: Parameters<Vault['read']>[1]) => {
  const stored = await vault.read(ctx, which);
  return stored === 'absent' ? 'absent' : `${stored.version.id}:${stored.value.reveal()}`;
};
const refused = (call: Promise<unknown>) =>
  call.then(
    () => expect.unreachable('it was not refused'),
    (error: KeyturnError) => error,
  );

/** Does the method, once, and loses its reply. */
function loseReply(method: string) {
  let lost = false;
  google.intercept = ({ method: called, run }) => {
    const answer = run();
    if (called !== method || lost) return answer;
    lost = true;
    throw unavailable();
  };
}

/** Lets somebody act, once, just before the method is done. */
function actBefore(method: string, act: () => void) {
  let done = false;
  google.intercept = ({ method: called, run }) => {
    if (called === method && !done) {
      done = true;
      act();
    }
    return run();
  };
}

describe('readers of latest', () => {
  test('a write whose reply was lost is not added twice', async () => {
    const { vault, name } = await target('latest');
    loseReply('AddSecretVersion');
    const lost = await refused(vault.write(ctx, new Secret('second'), '1'));
    expect(connector.classify(lost)).toBe('transient');
    expect(await vault.write(ctx, new Secret('second'), '1')).toEqual({ id: '2' });
    expect(values(name)).toEqual(['first', 'second']);
  });

  test('a lost reply is told although `latest` lags behind', async () => {
    const { vault, name } = await target('latest');
    google.secrets.lag(name);
    loseReply('AddSecretVersion');
    await refused(vault.write(ctx, new Secret('second'), '1'));
    expect(await text(vault, 'current')).toBe('1:first');
    expect(await vault.write(ctx, new Secret('second'), '1')).toEqual({ id: '2' });
    expect(values(name)).toEqual(['first', 'second']);
  });

  test('a version that someone adds in between is named, also to a repetition', async () => {
    const { vault, name } = await target('latest');
    actBefore('AddSecretVersion', () => {
      const { versions, name: full } = google.secrets.live(name);
      const [first] = versions;
      if (first) versions.push({ ...first, name: `${full}/versions/2`, data: Buffer.from('strange') });
    });
    const first = await refused(vault.write(ctx, new Secret('second'), '1'));
    expect(first).toMatchObject({
      kind: 'conflict',
      message: expect.stringContaining('version 2 while Keyturn added 3'),
    });
    expect(await refused(vault.write(ctx, new Secret('second'), '1'))).toMatchObject({ kind: 'conflict' });
    expect(values(name)).toEqual(['first', 'strange', 'second']);
  });

  test('putting the known-good back adds it again, once, and leaves the other as previous', async () => {
    const { vault, name } = await target('latest');
    await vault.write(ctx, new Secret('second'), '1');
    loseReply('AddSecretVersion');
    await refused(vault.moveCurrent(ctx, '1', '2'));
    expect(await vault.moveCurrent(ctx, '1', '2')).toEqual({ id: '3' });
    expect(values(name)).toEqual(['first', 'second', 'first']);
    expect(await text(vault, 'previous')).toBe('2:second');
    await vault.destroy(ctx, '2');
    expect(await text(vault, 'previous')).toBe('absent');
    expect(await vault.moveCurrent(ctx, '1', '2')).toEqual({ id: '3' });
    expect(await refused(vault.write(ctx, new Secret('second'), '1'))).toMatchObject({ kind: 'conflict' });
  });

  test('a value that two calls at once added twice counts once', async () => {
    const { vault, add, name } = await target('latest');
    await add('second');
    await add('second');
    expect(await vault.write(ctx, new Secret('second'), '1')).toEqual({ id: '3' });
    expect(await vault.moveCurrent(ctx, '1', '2')).toEqual({ id: '4' });
    expect(values(name)).toEqual(['first', 'second', 'second', 'first']);
    expect(await refused(vault.write(ctx, new Secret('second'), '1'))).toMatchObject({ kind: 'conflict' });
    expect(await text(vault, 'previous')).toBe('3:second');
  });

  test('the newest version is never destroyed, and a disabled one is still current', async () => {
    const { vault, name, owner } = await target('latest');
    expect(await refused(vault.destroy(ctx, '1'))).toMatchObject({ kind: 'conflict' });
    await owner.disableSecretVersion({ name: `${name}/versions/1` });
    expect(await refused(vault.read(ctx, 'current'))).toMatchObject({
      kind: 'conflict',
      fix: expect.stringContaining('enable'),
    });
    expect(await refused(vault.destroy(ctx, '1'))).toMatchObject({ kind: 'conflict' });
  });

  test('a version that changes while it is destroyed is looked at again', async () => {
    const { vault, name } = await target('latest');
    await vault.write(ctx, new Secret('second'), '1');
    actBefore('DestroySecretVersion', () => {
      const [first] = google.secrets.live(name).versions;
      if (first) first.etag = '"changed"';
    });
    await vault.destroy(ctx, '1');
    expect(values(name)).toEqual(['gone', 'second']);
  });

  test('a delayed destruction counts as destroyed', async () => {
    const { vault, record } = await target('latest', { versionDestroyTtl: { seconds: 86_400 } });
    await vault.write(ctx, new Secret('second'), '1');
    await vault.destroy(ctx, '1');
    await vault.destroy(ctx, '1');
    expect(record().versions[0]).toMatchObject({ state: 'DISABLED' });
    expect(await text(vault, { id: '1' })).toBe('absent');
    expect(await vault.warnings?.(ctx)).toEqual([expect.stringContaining('secretmanager.secrets.get')]);
  });
});

describe('readers of an alias', () => {
  test('an adopted secret serves its newest until the first write, which pins it', async () => {
    const { vault, record } = await target('alias');
    expect(await text(vault, 'current')).toBe('1:first');
    expect(record().versionAliases).toEqual({});
    await vault.write(ctx, new Secret('second'), '1');
    expect(record().versionAliases).toEqual({ 'keyturn-current': 1, 'keyturn-pending': 2 });
    expect(await text(vault, 'current')).toBe('1:first');
    expect(await text(vault, 'pending')).toBe('2:second');
  });

  test('current, previous and pending move in one update, and other aliases stay', async () => {
    const { vault, owner, name, record } = await target('alias');
    await owner.updateSecret({
      secret: { name, versionAliases: { theirs: 1 } },
      updateMask: { paths: ['version_aliases'] },
    });
    await vault.write(ctx, new Secret('second'), '1');
    const seen: object[] = [];
    google.intercept = ({ method, run }) => {
      const answer = run();
      if (method === 'UpdateSecret') seen.push({ ...record().versionAliases });
      return answer;
    };
    await vault.moveCurrent(ctx, '2', '1');
    expect(seen).toEqual([{ theirs: 1, 'keyturn-current': 2, 'keyturn-previous': 1 }]);
    await vault.moveCurrent(ctx, '2', '1');
    expect(seen).toHaveLength(1);
    const kept = await refused(vault.destroy(ctx, '1'));
    expect(kept).toMatchObject({ kind: 'conflict', message: expect.stringContaining('theirs') });
  });

  test.each(['AddSecretVersion', 'UpdateSecret'])(
    'a write whose reply to %s was lost is not added twice',
    async (method) => {
      const { vault, name, record } = await target('alias');
      loseReply(method);
      await refused(vault.write(ctx, new Secret('second'), '1'));
      expect(await vault.write(ctx, new Secret('second'), '1')).toEqual({ id: '2' });
      expect(values(name)).toEqual(['first', 'second']);
      expect(record().versionAliases).toEqual({ 'keyturn-current': 1, 'keyturn-pending': 2 });
    },
  );

  test('the first value of an empty secret becomes current, also after a lost reply', async () => {
    const name = await makeSecret(google.address, ctx);
    const vault = connector.open(configFor(google.address, name, { as: 'alias', readers: 'alias' }));
    loseReply('AddSecretVersion');
    await refused(vault.write(ctx, new Secret('first'), 'absent'));
    expect(await vault.write(ctx, new Secret('first'), 'absent')).toEqual({ id: '1' });
    expect(google.secrets.live(name).versionAliases).toEqual({ 'keyturn-current': 1 });
  });

  test('a change that does not concern it is overtaken, one that does is a conflict', async () => {
    const { vault, name, record } = await target('alias');
    await vault.write(ctx, new Secret('second'), '1');
    actBefore('UpdateSecret', () => google.secrets.update({ name, labels: { team: 'a' } }, ['labels']));
    await vault.moveCurrent(ctx, '2', '1');
    expect(record().versionAliases).toEqual({ 'keyturn-current': 2, 'keyturn-previous': 1 });

    await vault.write(ctx, new Secret('third'), '2');
    actBefore('UpdateSecret', () => {
      google.secrets.update({ name, versionAliases: { ...record().versionAliases, 'keyturn-current': 1 } }, [
        'version_aliases',
      ]);
    });
    expect(await refused(vault.moveCurrent(ctx, '3', '2'))).toMatchObject({ kind: 'conflict' });
    expect(record().versionAliases['keyturn-current']).toBe(1);
  });

  test('what lags behind cannot let the current version be destroyed', async () => {
    const { vault, name, record } = await target('alias');
    await vault.write(ctx, new Secret('second'), '1');
    google.secrets.lag(name);
    google.secrets.update({ name, versionAliases: { 'keyturn-current': 2, 'keyturn-previous': 1 } }, [
      'version_aliases',
    ]);
    expect(await refused(vault.destroy(ctx, '2'))).toMatchObject({ kind: 'transient' });
    google.secrets.lag(name, false);
    expect(await refused(vault.destroy(ctx, '2'))).toMatchObject({ kind: 'conflict' });
    expect(values(name)).toEqual(['first', 'second']);
    await vault.destroy(ctx, '1');
    expect(record().versionAliases).toEqual({ 'keyturn-current': 2 });
  });

  test('nor where the version carries no marker that would have to go', async () => {
    const { vault, name, add } = await target('alias');
    await add('second');
    google.secrets.update({ name, versionAliases: { 'keyturn-current': 1 } }, ['version_aliases']);
    google.secrets.lag(name);
    google.secrets.update({ name, versionAliases: { 'keyturn-current': 2 } }, ['version_aliases']);
    expect(await refused(vault.destroy(ctx, '2'))).toMatchObject({ kind: 'transient' });
    expect(values(name)).toEqual(['first', 'second']);
  });

  test('warns whoever reads latest, and of an alias that is not there yet', async () => {
    const { vault } = await target('alias', { labels: {} });
    const before = await vault.warnings?.(ctx);
    expect(before?.join()).toMatch(/latest.*all consumers have to read keyturn-current.*no alias keyturn-current yet/s);
    await vault.write(ctx, new Secret('second'), '1');
    expect((await vault.warnings?.(ctx))?.join()).not.toMatch(/no alias/);
  });
});

describe('the wire', () => {
  test('a value that arrives changed is refused and not shown', async () => {
    const { vault } = await target('latest');
    google.intercept = ({ method, run }) => {
      const answer = run();
      return method === 'AccessSecretVersion'
        ? { ...answer, payload: { data: Buffer.from('fist'), dataCrc32c: 1 } }
        : answer;
    };
    const error = await refused(vault.read(ctx, 'current'));
    expect(error).toMatchObject({ kind: 'transient', message: expect.stringContaining('CRC32C') });
    expect(error.message).not.toContain('fist');
  });

  test('values are kept byte for byte, and what is no text is refused', async () => {
    const { vault, owner, name } = await target('latest');
    const odd = '\uFEFFsch\u00f6n \u{1F511}\r\n\0 ';
    await vault.write(ctx, new Secret(odd), '1');
    expect(await text(vault, 'current')).toBe(`2:${odd}`);
    await owner.addSecretVersion({ parent: name, payload: { data: Buffer.from([0xff, 0xfe]) } });
    expect(await refused(vault.read(ctx, 'current'))).toMatchObject({ kind: 'invalid' });
  });

  test.each([
    ['denied', 'unauthorized'],
    ['forged', 'unauthorized'],
  ] as const)('the account `%s` is %s', async (as, kind) => {
    const { name } = await target('latest');
    const vault = connector.open(configFor(google.address, name, { as }));
    expect(connector.classify(await refused(vault.read(ctx, 'current')))).toBe(kind);
  });

  test('a certificate of another authority is not trusted', async () => {
    const { name } = await target('latest');
    const { caFile: _, ...endpoint } = { ...google.address };
    const config = configFor(google.address, name, { as: 'latest' });
    const vault = connector.open({ ...config, endpoint: { host: endpoint.host, port: endpoint.port } });
    expect(connector.classify(await refused(vault.read(ctx, 'current')))).toBe('transient');
  });

  test('too many requests are rate-limited, and Google’s client does not repeat them', async () => {
    const { vault } = await target('latest');
    let calls = 0;
    google.intercept = () => {
      calls += 1;
      throw Object.assign(unavailable(), { code: 8 });
    };
    expect(connector.classify(await refused(vault.read(ctx, 'current')))).toBe('rate-limited');
    expect(calls).toBe(1);
  });

  test.each([
    'not JSON',
    '{"type":"authorized_user"}',
    '{"type":"service_account","client_email":"a@b","private_key":"-----BEGIN PRIVATE KEY-----x"}',
  ])('a key file that is none is invalid and not quoted: %s', async (keyFile) => {
    const { name } = await target('latest');
    const broken = googleContext({ ...google.address, keyFiles: { ...google.address.keyFiles, latest: keyFile } });
    const vault = connector.open(configFor(google.address, name, { as: 'latest' }));
    const error = await refused(vault.read(broken, 'current'));
    expect(error).toMatchObject({ kind: 'invalid', message: expect.stringContaining('credentials') });
    expect(error.message).not.toContain(keyFile);
  });

  test('without any credentials it is unauthorized', () => {
    // The words of google-auth-library; looking for credentials in earnest would ask the network for them.
    const error = new Error('Could not load the default credentials. Browse to https://cloud.google.com/docs');
    expect(connector.classify(error)).toBe('unauthorized');
  });

  test('it refuses to work where Google’s client would log values', async () => {
    const { name } = await target('latest');
    const vault = connector.open(configFor({ ...google.address, host: '127.0.0.1' }, name, { as: 'latest' }));
    process.env.GOOGLE_SDK_NODE_LOGGING = 'all';
    const error = await refused(vault.read(ctx, 'current'));
    delete process.env.GOOGLE_SDK_NODE_LOGGING;
    expect(error).toMatchObject({ kind: 'invalid', message: expect.stringContaining('GOOGLE_SDK_NODE_LOGGING') });
  });
});

describe('the configuration', () => {
  const valid = { vault: 'gcp-secret-manager', secret: 'projects/acme/secrets/orders' };
  test.each([
    [{}, true],
    [{ secret: 'projects/acme/locations/europe-west3/secrets/orders' }, true],
    [{ readers: 'alias', aliases: { current: 'live' } }, true],
    [{ aliases: { current: 'live' } }, false],
    [{ readers: 'alias', aliases: { current: 'latest' } }, false],
    [{ readers: 'alias', aliases: { current: '1live' } }, false],
    [{ readers: 'alias', aliases: { current: 'same', pending: 'same' } }, false],
    [{ secret: 'orders' }, false],
    [{ credentials: '{"private_key": "..."}' }, false],
    [{ unknown: 1 }, false],
  ])('%j is valid: %s', (more, expected) => {
    expect(connector.schema.safeParse({ ...valid, ...more }).success).toBe(expected);
  });
});
