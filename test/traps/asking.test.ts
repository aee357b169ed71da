import { randomUUID } from 'node:crypto';
import { WorkflowNotFoundError } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { stringify } from 'yaml';
import { parseCatalog } from '../../catalog/index.ts';
import * as rotations from '../../client/rotations.ts';
import { readFileVault } from '../../connectors/vaults/file/index.ts';
import { CommandLine } from '../cli/command-line.ts';
import { accessKeysOf, awsIssuer, postgresIssuer } from '../e2e/support/issuers.ts';
import { sceneOf } from '../e2e/support/scene.ts';
import { startToldConsumer } from '../e2e/support/told-consumer.ts';
import { filePlace } from '../e2e/support/vault-places.ts';
import { lossyRoad } from '../support/aws/lossy.ts';
import { pull, waitsFor } from '../support/consumers.ts';
import { credentialOf, type Rotating, startRotating } from '../support/rotating.ts';
import { ada, endOf, expectEnd, Openings, rotate, says } from './support.ts';

/** Traps around when a rotation happens, who may start one, and what is told of it afterwards. */

const openings = new Openings();
let rotating: Rotating;
beforeAll(async () => {
  rotating = await startRotating();
});
afterAll(async () => {
  await rotating?.stop();
  await openings.close();
});

describe('moves "last rotated" although the run was rolled back', () => {
  test('after a rotation and one that is rolled back, only the first counts', async () => {
    const place = await filePlace(rotating.ctx, { first: 'the-value-of-the-beginning' });
    const credential = credentialOf({ provider: { type: 'random' }, targets: [place.target] });
    const rotated = await rotating.start(credential);
    const { newKey } = await endOf(rotating, rotated);
    const rolledBack = await rotating.start({ ...credential, graceMs: 600_000 });
    await rotating.until(rolledBack, waitsFor('grace'));
    await rotations.rollBack(rolledBack.handle, ada);
    const end = await endOf(rotating, rolledBack);
    expect(end).toMatchObject({ outcome: 'restored', oldKey: newKey });
    expect(end.refreshedAt).toBeUndefined();
    const found = await foundBy(credential.id);
    expect(found).toEqual({
      rotated: [rotated.handle.signaledRunId],
      restored: [rolledBack.handle.signaledRunId],
    });
    const closes = (await rotating.sink.read(credential.id)).flatMap(({ entry }) =>
      entry.kind === 'close' ? [entry.detail?.end] : [],
    );
    expect(closes).toMatchObject([{ outcome: 'rotated' }, { outcome: 'restored' }]);
  });

  /** The runs that people find by their outcome, when the search has caught up. */
  async function foundBy(id: string) {
    const runs = async (outcome: string) => {
      const query = `KeyturnCredential = "${id}" and KeyturnOutcome = "${outcome}"`;
      const found: string[] = [];
      for await (const { runId } of rotating.client.workflow.list({ query })) found.push(runId);
      return found;
    };
    await vi.waitFor(async () => expect(await runs('restored')).toHaveLength(1), { timeout: 15_000 });
    return { rotated: await runs('rotated'), restored: await runs('restored') };
  }
});

describe('rotates at once what was meant to be rotated apart', () => {
  test.concurrent('one credential leaves another of the same database as it was', async () => {
    const told = await startToldConsumer();
    openings.add(told.stop);
    rotating.env[told.variable] = told.secret;
    const [one, other] = await Promise.all(
      [await postgresIssuer(), await postgresIssuer()].map(async (issuer) => {
        const place = await filePlace(rotating.ctx, { first: issuer.first, shape: issuer.shape });
        return { issuer, place, ...sceneOf(rotating, issuer, [place], { consumers: [told.declared] }) };
      }),
    );
    const before = await other?.standing();
    expectEnd(await rotate(rotating, one?.credential ?? expect.fail()), { outcome: 'rotated' });
    expect(await other?.standing()).toBe(before);
    expect(told.changes.map(({ credential }) => credential)).toEqual([one?.credential.id]);
  });

  test.concurrent('a catalog in which two credentials share a pair of logins is refused', async () => {
    const { provider } = await postgresIssuer();
    const sharing = (secret: string) => ({ owner: 'me', provider, targets: [{ vault: 'file', secret, value: 'url' }] });
    const text = stringify({ credentials: { 'orders/one': sharing('one'), 'orders/two': sharing('two') } });
    await expect(parseCatalog(text, 'keyturn.yaml')).rejects.toThrow(/the principal that orders\/one has on line/);
  });
});

describe('rotates what it is only to adopt, or everything when it is upgraded', () => {
  test('stored, checked, and under two generations of workers, the login is as a person left it', async () => {
    const issuer = await postgresIssuer();
    const id = `adopted/${randomUUID()}`;
    const line = new CommandLine({ TEMPORAL_ADDRESS: inject('temporal').address, ...issuer.env });
    openings.add(() => line.remove());
    const target = { vault: 'file', secret: 'orders/url', value: issuer.shape };
    line.catalog(stringify({ credentials: { [id]: { owner: 'me', provider: issuer.provider, targets: [target] } } }));
    const before = await issuer.standing();
    expect(await line.run(['store', id], { input: issuer.first })).toMatchObject({ code: 0 });
    for (const _generation of ['first', 'second']) {
      const worker = await startRotating({ home: line.home, env: issuer.env });
      expect(await line.run(['check', '--json'])).toMatchObject({ code: 0, json: { ok: true } });
      await worker.stop();
    }
    expect(await issuer.standing()).toBe(before);
    expect((await readFileVault({ home: line.home, secret: target.secret })).value).toBe(issuer.first);
    const handle = rotations.rotationOf(rotating.client, id);
    await expect(handle.describe()).rejects.toThrow(WorkflowNotFoundError);
    const { stdout } = await line.run(['status', id]);
    expect(stdout).toContain('has never been rotated');
  });
});

describe('runs two rotations of one credential at once', () => {
  test.concurrent('of eight who ask at the same time all get the one rotation, which makes one key', async () => {
    const road = await lossyRoad(inject('aws').endpoint);
    openings.add(() => road.close());
    const issuer = await awsIssuer({ endpoint: road.endpoint });
    const place = await filePlace(rotating.ctx, { first: issuer.first, shape: issuer.shape });
    const { credential } = sceneOf(rotating, issuer, [place], { consumers: [pull] });
    const all = await Promise.all(Array.from({ length: 8 }, () => rotating.start(credential)));
    expect(new Set(all.map(({ handle }) => handle.signaledRunId)).size).toBe(1);
    const [started = expect.fail()] = all;
    const { newKey, requests } = await rotating.until(started, waitsFor('consumer app'));
    expect(requests).toHaveLength(8);
    await says(started, newKey);
    expectEnd(await endOf(rotating, started), { outcome: 'rotated' });
    expect(road.seen.filter((action) => action === 'CreateAccessKey')).toHaveLength(1);
    expect(await accessKeysOf(issuer.user)).toEqual([{ id: newKey, status: 'Active' }]);
  });

  test.concurrent('the engine refuses a second one under the same id', async () => {
    const { credential, started } = await open();
    const { handle } = started;
    const input = { credential, requests: [] };
    const options = { workflowId: handle.workflowId, taskQueue: rotating.taskQueue, args: [input] };
    await expect(rotating.client.workflow.start('rotation', options)).rejects.toThrow(/already started/);
    await rotations.rollBack(handle, ada);
    expectEnd(await endOf(rotating, started), { outcome: 'restored' });
  });

  test.concurrent('one started under an id of its own, as by a schedule, touches nothing', async () => {
    const { credential, place, started } = await open();
    const before = await place.standing();
    const options = {
      workflowId: `${started.handle.workflowId}-2026-01-01T00:00:00Z`,
      taskQueue: rotating.taskQueue,
      args: [{ credential: { ...credential, graceMs: 0 }, requests: [] }],
    };
    await expect(rotating.client.workflow.execute('rotation', options)).rejects.toMatchObject({
      cause: { type: 'invalid', nonRetryable: true, message: expect.stringContaining('start it with keyturn rotate') },
    });
    expect(await place.standing()).toBe(before);
    await rotations.rollBack(started.handle, ada);
    expectEnd(await endOf(rotating, started), { outcome: 'restored' });
  });

  /** A rotation in its grace. */
  async function open() {
    const place = await filePlace(rotating.ctx, { first: 'the-value-of-the-beginning' });
    const limits = { stepMs: 20_000, settleMs: 20_000, refusalMs: 20_000, attemptMs: 2_000, pollMs: 100 };
    const given = { provider: { type: 'random' }, targets: [place.target], limits };
    const credential = credentialOf({ ...given, graceMs: 600_000 });
    const started = await rotating.start(credential);
    await rotating.until(started, waitsFor('grace'));
    return { credential, place, started };
  }
});
