import { crc32c } from '@aws-crypto/crc32c';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Client, clientFor } from '../../connectors/vaults/gcp-secret-manager/client.ts';
import { configFor, googleContext, makeSecret } from '../../connectors/vaults/gcp-secret-manager/harness.ts';
import type { Context } from '../../contract/index.ts';
import type { AccountName } from '../support/google/accounts.ts';
import { type Google, startGoogle } from '../support/google/server.ts';

/** What Google documents, asked of the double through Google's own client. */
const status = { INVALID_ARGUMENT: 3, NOT_FOUND: 5, PERMISSION_DENIED: 7, FAILED_PRECONDITION: 9, UNAUTHENTICATED: 16 };

let google: Google;
let ctx: Context;
let client: Client;
let name: string;

const clientAs = (as: AccountName) => clientFor(ctx, configFor(google.address, 'projects/p/secrets/s', { as }));
const add = (text: string, more: object = {}) =>
  client.addSecretVersion({ parent: name, payload: { data: Buffer.from(text), ...more } });
const setAliases = (versionAliases: Record<string, number>, more: object = {}) =>
  client.updateSecret({ secret: { name, versionAliases, ...more }, updateMask: { paths: ['version_aliases'] } });
const codeOf = (call: Promise<unknown>) =>
  call.then(
    () => 'no error',
    (error: { code: number }) => error.code,
  );

beforeAll(async () => {
  google = await startGoogle();
  ctx = googleContext(google.address);
  client = await clientAs('owner');
  name = await makeSecret(google.address, ctx);
  await add('first');
  await add('second');
});
afterAll(() => google.stop());

describe('the double of Secret Manager', () => {
  test('answers with the project’s number, the resolved version and a checksum', async () => {
    const [answer] = await client.accessSecretVersion({ name: `${name}/versions/latest` });
    expect(answer.name).toMatch(/^projects\/\d+\/secrets\/[^/]+\/versions\/2$/);
    expect(Number(answer.payload?.dataCrc32c)).toBe(crc32c(Buffer.from('second')));
    // The check value of CRC-32C (RFC 3720, appendix B.4, and every table of CRCs).
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
  });

  test('latest is the newest also when it is disabled or destroyed', async () => {
    const [third] = await add('third');
    const number = third.name?.split('/').pop();
    const latest = () => codeOf(client.accessSecretVersion({ name: `${name}/versions/latest` }));
    await client.disableSecretVersion({ name: `${name}/versions/${number}` });
    expect(await latest()).toBe(status.FAILED_PRECONDITION);
    await client.enableSecretVersion({ name: `${name}/versions/${number}` });
    expect(await latest()).toBe('no error');
    await client.destroySecretVersion({ name: `${name}/versions/${number}` });
    expect(await latest()).toBe(status.FAILED_PRECONDITION);
    expect(await codeOf(client.enableSecretVersion({ name: `${name}/versions/${number}` }))).toBe(
      status.FAILED_PRECONDITION,
    );
  });

  test('refuses payloads that are too large, empty, or not what their checksum says', async () => {
    expect(await codeOf(add('x'.repeat(64 * 1024)))).toBe('no error');
    expect(await codeOf(add('x'.repeat(64 * 1024 + 1)))).toBe(status.INVALID_ARGUMENT);
    expect(await codeOf(add(''))).toBe(status.INVALID_ARGUMENT);
    expect(await codeOf(add('good', { dataCrc32c: 1 }))).toBe(status.INVALID_ARGUMENT);
    expect(await codeOf(add('good', { dataCrc32c: crc32c(Buffer.from('good')) }))).toBe('no error');
  });

  test.each([
    [{ live: 1 }, 'no error'],
    [{ latest: 1 }, status.INVALID_ARGUMENT],
    [{ NEW: 1 }, status.INVALID_ARGUMENT],
    [{ '1st': 1 }, status.INVALID_ARGUMENT],
    [{ ['x'.repeat(64)]: 1 }, status.INVALID_ARGUMENT],
    [{ live: 999 }, status.INVALID_ARGUMENT],
    [Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`a${index}`, 1])), status.INVALID_ARGUMENT],
  ])('aliases %j: %s', async (aliases, expected) => {
    expect(await codeOf(setAliases(aliases as Record<string, number>))).toBe(expected);
  });

  test('an etag that is not the present one changes nothing; a version’s change leaves the secret’s', async () => {
    const [before] = await client.getSecret({ name });
    await add('another');
    const [after] = await client.getSecret({ name });
    expect(after.etag).toBe(before.etag);
    const [updated] = await setAliases({ live: 2 }, { etag: before.etag });
    expect(updated.etag).not.toBe(before.etag);
    expect(await codeOf(setAliases({ live: 1 }, { etag: before.etag }))).toBe(status.FAILED_PRECONDITION);
    const [live] = await client.accessSecretVersion({ name: `${name}/versions/live` });
    expect(live.payload?.data?.toString()).toBe('second');
    expect(await codeOf(client.destroySecretVersion({ name: `${name}/versions/1`, etag: '"old"' }))).toBe(
      status.FAILED_PRECONDITION,
    );
  });

  test('lists are newest first, filtered, and paged', async () => {
    const [all] = await client.listSecretVersions({ parent: name });
    const byHand = { autoPaginate: false };
    const [one, , { nextPageToken }] = await client.listSecretVersions({ parent: name, pageSize: 2 }, byHand);
    const [two] = await client.listSecretVersions({ parent: name, pageSize: 99, pageToken: nextPageToken }, byHand);
    expect(one).toHaveLength(2);
    expect([...one, ...two].map((version) => version.name)).toEqual(all.map((version) => version.name));
    expect(all.at(-1)?.name).toMatch(/\/versions\/1$/);
    const [destroyed] = await client.listSecretVersions({ parent: name, filter: 'state:DESTROYED' });
    expect(destroyed).toHaveLength(1);
    const parent = `projects/${google.address.project}`;
    const [found] = await client.listSecrets({ parent, filter: `name:${name.split('/').pop()}` });
    expect(found).toHaveLength(1);
  });

  test('what is not there, not allowed and not known', async () => {
    const there = { name: `${name}/versions/1` };
    expect(await codeOf(client.accessSecretVersion({ name: `${name}/versions/999` }))).toBe(status.NOT_FOUND);
    expect(await codeOf(client.getSecret({ name: `${name}-not` }))).toBe(status.NOT_FOUND);
    expect(await codeOf((await clientAs('denied')).accessSecretVersion(there))).toBe(status.PERMISSION_DENIED);
    expect(await codeOf((await clientAs('latest')).getSecret({ name }))).toBe(status.PERMISSION_DENIED);
    expect(await codeOf((await clientAs('forged')).accessSecretVersion(there))).toBe(status.UNAUTHENTICATED);
  });
});
