import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connector } from '../../connectors/providers/postgres/index.ts';
import { readFileVault } from '../../connectors/vaults/file/index.ts';
import { grantedToOne } from '../e2e/matrix/providers/postgres-tables.ts';
import { awsIssuer, postgresIssuer } from '../e2e/support/issuers.ts';
import { sceneOf } from '../e2e/support/scene.ts';
import { filePlace, googlePlace } from '../e2e/support/vault-places.ts';
import { type Call, type Google, startGoogle } from '../support/google/server.ts';
import { GoogleStatus, unavailable } from '../support/google/status.ts';
import { type Rotating, startRotating } from '../support/rotating.ts';
import { expectEnd, gate, logsIn, Openings, oneLogin, rotate } from './support.ts';

/** Traps around where a value is stored, when, and in which of its forms. */

const openings = new Openings();
let rotating: Rotating;
let google: Google;
beforeAll(async () => {
  [rotating, google] = await Promise.all([startRotating(), startGoogle()]);
  google.intercept = (call) => hooks.get(secretOf(call))?.(call) ?? call.run();
});
afterAll(async () => {
  await Promise.all([rotating?.stop(), google?.stop()]);
  await openings.close();
});

/** What becomes of the changes of one secret at Google. */
const hooks = new Map<string, (call: Call) => object | Promise<object>>();

function secretOf({ request }: Call): string {
  const { parent, secret } = request as { parent?: string; secret?: { name?: string } };
  return parent ?? secret?.name ?? '';
}

/** It makes the pending version current. */
function moves({ method, request }: Call): boolean {
  const { secret } = request as { secret?: { versionAliases?: object } };
  return method === 'UpdateSecret' && 'keyturn-previous' in (secret?.versionAliases ?? {});
}

function held(secret: string): string[] {
  return google.secrets.live(secret).versions.flatMap(({ data }) => data?.toString() ?? []);
}

describe.concurrent('changes the provider first and stores afterwards: a crash between loses the only copy', () => {
  test.concurrent('the new password is stored before the login takes it, and only then becomes current', async () => {
    const issuer = await oneLogin();
    const place = googlePlace(google, 'alias', issuer);
    const { credential } = sceneOf(rotating, issuer, [place]);
    const seen: Record<string, boolean> = {};
    hooks.set(place.secret, async (call) => {
      const answer = call.run();
      if (call.method === 'AddSecretVersion') seen['old accepted when the new is stored'] = await logsIn(issuer.first);
      if (moves(call)) seen['new accepted when it becomes current'] = await logsIn(await place.current());
      return answer;
    });
    expectEnd(await rotate(rotating, credential), { outcome: 'rotated', gapMs: expect.any(Number) });
    expect(seen).toEqual({
      'old accepted when the new is stored': true,
      'new accepted when it becomes current': true,
    });
  });

  test.concurrent('ended by force between the two, what the database takes stands in the vault', async () => {
    const issuer = await oneLogin();
    const place = googlePlace(google, 'alias', issuer);
    const { credential } = sceneOf(rotating, issuer, [place]);
    const [reached, breakOff] = [gate(), gate()];
    hooks.set(place.secret, async (call) => {
      // Before the database has changed nothing is held up.
      if (await logsIn(issuer.first)) return call.run();
      reached.open();
      await breakOff.opened;
      throw unavailable();
    });
    const started = await rotating.start(credential);
    await reached.opened;
    await started.handle.terminate('by force');
    breakOff.open();
    hooks.delete(place.secret);
    expect(await place.current()).toBe(issuer.first);
    const accepted = await Promise.all(held(place.secret).map((url) => logsIn(url)));
    expect(accepted).toEqual([false, true]);
  });
});

describe.concurrent('stops at one error, with the new key in some places and not in others', () => {
  test('where the last of two places cannot be changed, the other is put back', async () => {
    const issuer = await awsIssuer();
    const { first, shape } = issuer;
    const main = googlePlace(google, 'alias', { first, shape });
    const copy = googlePlace(google, 'alias', { first, shape, name: 'copy' });
    const { credential } = sceneOf(rotating, issuer, [main, copy]);
    let served = '';
    hooks.set(main.secret, async (call) => {
      if (!moves(call)) return call.run();
      served = await copy.current();
      throw new GoogleStatus(status.PERMISSION_DENIED, 'not today');
    });
    expectEnd(await rotate(rotating, credential), { outcome: 'restored', reason: { kind: 'unauthorized' } });
    expect(served).not.toBe(first);
    expect([await main.current(), await copy.current()]).toEqual([first, first]);
    expect(await issuer.accepts(first)).toBe(true);
    expect(await issuer.keys()).toEqual([JSON.parse(first).id]);
  });
});

describe.concurrent('only rolls forward: the same failing password is tried again and again', () => {
  test('a failure ends it, with the known-good in place; the next rotation tries another', async () => {
    const issuer = await postgresIssuer();
    const config = connector.schema.parse(issuer.provider);
    const { dropTables, sql } = await grantedToOne(config, {}, true);
    openings.add(dropTables);
    const place = await filePlace(rotating.ctx, issuer);
    const { credential } = sceneOf(rotating, issuer, [place], { smokeTests: [{ sql, expect: 'rows' }] });
    const tried = new Set<string | undefined>();
    for (const _time of ['first', 'second']) {
      const end = await rotate(rotating, credential);
      expectEnd(end, { outcome: 'restored', newKey: expect.any(String) });
      tried.add(end.newKey);
      expect(await place.current()).toBe(issuer.first);
      expect(await issuer.keys()).toEqual([issuer.logins[0]]);
      expect(await issuer.accepts(issuer.first)).toBe(true);
    }
    expect(tried.size).toBe(2);
  });
});

describe.concurrent('leaves what is derived from the rotated secret as it was', () => {
  test('every form in which it stands is built anew, and all else of each document is kept', async () => {
    const issuer = await postgresIssuer();
    const withQuery = `${issuer.first}?application_name=orders`;
    const login = (url: string) => ({ user: new URL(url).username, password: new URL(url).password });
    const json = (url: string) => JSON.stringify({ db: login(url), pool: 5 }, undefined, 1);
    const main = await filePlace(rotating.ctx, { first: withQuery, shape: 'url' });
    const shape = { json: { 'db.user': 'user', 'db.password': 'password' } };
    const copy = googlePlace(google, 'alias', { first: json(issuer.first), shape, name: 'copy' });
    const { credential } = sceneOf(rotating, issuer, [main, copy]);
    expectEnd(await rotate(rotating, credential), { outcome: 'rotated' });
    const { value: url } = await readFileVault({ home: rotating.home, secret: main.secret });
    expect(login(url)).not.toEqual(login(issuer.first));
    const { password, user } = login(url);
    const { password: oldPassword, user: oldUser } = login(issuer.first);
    expect(url).toBe(withQuery.replace(`${oldUser}:${oldPassword}`, `${user}:${password}`));
    expect(await copy.current()).toBe(json(url));
    expect(await issuer.accepts(url)).toBe(true);
  });
});
