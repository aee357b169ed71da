import { setTimeout as sleep } from 'node:timers/promises';
import { Client, escapeIdentifier } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asSuperuser } from '../../connectors/providers/postgres/harness.ts';
import { connector } from '../../connectors/providers/postgres/index.ts';
import { readFileVault } from '../../connectors/vaults/file/index.ts';
import type { Credential } from '../../contract/index.ts';
import { grantedToOne } from '../e2e/matrix/providers/postgres-tables.ts';
import { postgresIssuer } from '../e2e/support/issuers.ts';
import { sceneOf } from '../e2e/support/scene.ts';
import { startToldConsumer } from '../e2e/support/told-consumer.ts';
import { filePlace } from '../e2e/support/vault-places.ts';
import { waitsFor } from '../support/consumers.ts';
import { type Rotating, startRotating } from '../support/rotating.ts';
import { endOf, expectEnd, Openings, rotate } from './support.ts';

/** Traps around logins of a database: a real PostgreSQL, in the eyes of applications. */

const openings = new Openings();
let rotating: Rotating;
beforeAll(async () => {
  rotating = await startRotating();
});
afterAll(async () => {
  await rotating?.stop();
  await openings.close();
});

async function scene(given: Partial<Credential> = {}) {
  const issuer = await postgresIssuer();
  const place = await filePlace(rotating.ctx, { first: issuer.first, shape: issuer.shape });
  const config = connector.schema.parse(issuer.provider);
  return { config, issuer, place, ...sceneOf(rotating, issuer, [place], given) };
}

const betweenMs = 20;

/** Opens one connection after the other, with whatever URL it has loaded, until it is stopped. */
function connecting(url: string) {
  const app = { url, failures: [] as string[], connected: new Set<string>() };
  let isOver = false;
  let underWay: Promise<void> = Promise.resolve();
  const once = async (loaded: string) => {
    const sql = new Client({ connectionString: loaded, application_name: 'orders' });
    sql.on('error', () => {});
    await sql
      .connect()
      .then(() => sql.query('select 1'))
      .then(() => app.connected.add(loaded))
      .catch((error: Error) => app.failures.push(error.message));
    await sql.end().catch(() => {});
  };
  const loop = (async () => {
    while (!isOver) {
      underWay = once(app.url);
      await underWay;
      await sleep(betweenMs);
    }
  })();
  return Object.assign(app, {
    /** @returns when nothing is under way with the earlier URL any more. */
    async load(next: string) {
      app.url = next;
      await underWay;
    },
    async stop() {
      isOver = true;
      await loop;
    },
  });
}

describe('lets new connections fail while the stored password is not the one that the database takes', () => {
  test('of an application that connects all the time, not one does, with two logins', async () => {
    const told = await startToldConsumer();
    openings.add(told.stop);
    rotating.env[told.variable] = told.secret;
    const { credential, issuer, place } = await scene({ consumers: [told.declared], soakMs: 300 });
    const app = connecting(issuer.first);
    openings.add(app.stop);
    told.says = async ({ version }) => {
      const { home } = rotating;
      await app.load((await readFileVault({ home, secret: place.secret, which: { id: version } })).value);
      return { status: 'loaded' };
    };
    expectEnd(await endOf(rotating, await rotating.start(credential)), { outcome: 'rotated' });
    await app.stop();
    expect(app.failures).toEqual([]);
    expect([...app.connected]).toEqual([issuer.first, await place.current()]);
    expect(await issuer.accepts(issuer.first)).toBe(false);
  });
});

describe('revokes when it rotates, so that jobs that began with the old key fail midway', () => {
  test.concurrent('a session that stands is waited for, by name', async () => {
    const { credential, issuer } = await scene();
    const job = new Client({ connectionString: issuer.first, application_name: 'nightly' });
    // Thrown out, it would say so by an event.
    job.on('error', () => {});
    await job.connect();
    const started = await rotating.start(credential);
    await rotating.until(started, waitsFor('last use'));
    expect((await job.query('select 1 as works')).rows).toEqual([{ works: 1 }]);
    expect(await issuer.accepts(issuer.first)).toBe(true);
    await job.end();
    expectEnd(await endOf(rotating, started), { outcome: 'rotated', evidence: { lastUse: 'indicative' } });
    expect(await issuer.accepts(issuer.first)).toBe(false);
  });

  test.concurrent('a job that connects again within the grace still can', async () => {
    const { credential, issuer, place } = await scene({ graceMs: 600_000 });
    const started = await rotating.start(credential);
    await rotating.until(started, waitsFor('grace'));
    const both = [await place.current(), issuer.first];
    expect(new Set(both).size).toBe(2);
    expect(await Promise.all(both.map((url) => issuer.accepts(url)))).toEqual([true, true]);
    // To cut the grace short is to ask for it.
    await rotating.start(credential, { urgency: 'expedited' });
    expectEnd(await endOf(rotating, started), { outcome: 'rotated' });
    expect(await issuer.accepts(issuer.first)).toBe(false);
  });
});

describe('takes a new login for good that has a password but not its grants', () => {
  async function stands({ issuer, place }: Awaited<ReturnType<typeof scene>>) {
    expect(await place.current()).toBe(issuer.first);
    expect(await issuer.keys()).toEqual([issuer.logins[0]]);
    expect(await issuer.accepts(issuer.first)).toBe(true);
  }

  test.concurrent('a login that is no member of the owner never gets a password, tested or not', async () => {
    const given = await scene();
    const [, idle] = given.issuer.logins;
    const grant = `${escapeIdentifier(given.config.owner ?? '')} from ${escapeIdentifier(idle)}`;
    await asSuperuser((sql) => sql.query(`alter role ${escapeIdentifier(idle)} reset role; revoke ${grant}`));
    expectEnd(await rotate(rotating, given.credential), {
      outcome: 'restored',
      reason: { message: expect.stringMatching(/not a member .* would lack its grants/) },
    });
    await stands(given);
  });

  test.concurrent('a grant that the other login alone has: its own query fails, where `select 1` passes', async () => {
    const given = await scene();
    const { dropTables, sql } = await grantedToOne(given.config, {}, true);
    openings.add(dropTables);
    const credential = { ...given.credential, smokeTests: [{ sql: 'select 1' }, { sql, expect: 'rows' }] };
    expectEnd(await rotate(rotating, credential), {
      outcome: 'restored',
      reason: { message: expect.stringMatching(/42501 permission denied/) },
    });
    await stands(given);
  });
});
